/** Small numbers for the commands that run at the same time. */
export class CommandSlots {
  readonly #free: number[] = [];
  #next = 0;

  take(): number {
    return this.#free.pop() ?? this.#next++;
  }

  free(slot: number): void {
    this.#free.push(slot);
  }
}
