/** A value that is made at its first use; a failure is forgotten, so that the next use tries again. */
export class AsyncOnce<T> {
  readonly #make: () => Promise<T>;
  #value: Promise<T> | undefined;

  constructor(make: () => Promise<T>) {
    this.#make = make;
  }

  async get(): Promise<T> {
    this.#value ??= this.#make();
    const value = this.#value;
    try {
      return await value;
    } catch (error) {
      if (this.#value === value) this.#value = undefined;
      throw error;
    }
  }

  /** The value if it was made. */
  async peek(): Promise<T | undefined> {
    return await this.#value?.catch(() => undefined);
  }
}
