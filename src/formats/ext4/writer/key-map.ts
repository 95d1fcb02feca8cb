/** Above this a key goes into a map: sparse keys must not cost an array of their size. */
const maxArrayKey = 1 << 24;

/** From inode keys of a tree to inode numbers; an array where keys are small numbers, as trees usually give them. */
export class KeyMap {
  #numbers: Uint32Array;
  readonly #others = new Map<number, number>();

  /** @param expected How many keys there will be, if that is known. */
  constructor(expected = 0) {
    this.#numbers = new Uint32Array(Math.min(maxArrayKey, Math.max(expected, 4096)));
  }

  /** 0 if the key is new. */
  get(key: number): number {
    if (isArrayKey(key)) return this.#numbers[key] ?? 0;
    return this.#others.get(key) ?? 0;
  }

  set(key: number, number: number): void {
    if (!isArrayKey(key)) {
      this.#others.set(key, number);
      return;
    }
    if (key >= this.#numbers.length) {
      const larger = new Uint32Array(Math.max(key + 1, this.#numbers.length * 2));
      larger.set(this.#numbers);
      this.#numbers = larger;
    }
    this.#numbers[key] = number;
  }
}

function isArrayKey(key: number): boolean {
  return key >= 0 && key < maxArrayKey;
}
