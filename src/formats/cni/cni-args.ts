/** Pairs as they are in CNI_ARGS: `IgnoreUnknown=1;KEY=VALUE`. */
export type CniArgs = readonly (readonly [string, string])[];

export function formatCniArgs(args: CniArgs): string {
  return args.map((pair) => pair.join('=')).join(';');
}

/** Undefined if a pair has no `=`. Of a key that comes twice the last value counts. */
export function parseCniArgs(text: string): ReadonlyMap<string, string> | undefined {
  const found = new Map<string, string>();
  for (const pair of text === '' ? [] : text.split(';')) {
    const at = pair.indexOf('=');
    if (at < 0) return undefined;
    found.set(pair.slice(0, at), pair.slice(at + 1));
  }
  return found;
}
