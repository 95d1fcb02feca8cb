/** What a word is expanded with. */
export interface Variables {
  /** Undefined if the variable is not set; the empty text if it is set to nothing. */
  get(name: string): string | undefined;
  /** For suggestions. */
  names(): Iterable<string>;
}

export const noVariables: Variables = { get: () => undefined, names: () => [] };

export function variablesFrom(entries: ReadonlyMap<string, string>): Variables {
  return { get: (name) => entries.get(name), names: () => entries.keys() };
}

/** From `NAME=value` entries as in an image config; of equal names the last one counts. */
export function variablesFromEnv(env: readonly string[]): Variables {
  const entries = new Map<string, string>();
  for (const entry of env) {
    const at = entry.indexOf('=');
    entries.set(at < 0 ? entry : entry.slice(0, at), at < 0 ? '' : entry.slice(at + 1));
  }
  return variablesFrom(entries);
}
