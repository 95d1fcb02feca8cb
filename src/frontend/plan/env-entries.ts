/** `Env` of an image's config, in its order; of equal names, which other tools write, the first one is replaced. */
export class EnvEntries {
  readonly #entries: string[];
  /** Of names. */
  readonly #places = new Map<string, number>();

  constructor(entries: readonly string[] = []) {
    this.#entries = [...entries];
    for (const [at, entry] of entries.entries()) {
      const name = nameOf(entry);
      if (!this.#places.has(name)) this.#places.set(name, at);
    }
  }

  get entries(): readonly string[] {
    return this.#entries;
  }

  has(name: string): boolean {
    return this.#places.has(name);
  }

  set(name: string, value: string): void {
    const at = this.#places.get(name) ?? this.#entries.length;
    this.#places.set(name, at);
    this.#entries[at] = `${name}=${value}`;
  }
}

function nameOf(entry: string): string {
  const at = entry.indexOf('=');
  return at === -1 ? entry : entry.slice(0, at);
}
