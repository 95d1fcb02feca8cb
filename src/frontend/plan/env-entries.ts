import type { Variables } from '../words/variables.ts';

/**
 * `NAME=value` entries in the order in which names were first set: `Env` of an image's config, the environment of steps. Of
 * equal names, which other tools write, the first one is replaced.
 */
export class EnvEntries implements Variables {
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

  get size(): number {
    return this.#places.size;
  }

  has(name: string): boolean {
    return this.#places.has(name);
  }

  get(name: string): string | undefined {
    const at = this.#places.get(name);
    return at === undefined ? undefined : this.#entries[at]?.slice(name.length + 1);
  }

  names(): Iterable<string> {
    return this.#places.keys();
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
