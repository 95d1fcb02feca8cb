const factors: Readonly<Record<string, number>> = {
  '': 1,
  b: 1,
  k: 1024,
  m: 1024 ** 2,
  g: 1024 ** 3,
  t: 1024 ** 4,
  p: 1024 ** 5,
};

/** A size as docker takes it, such as `512m`, `1.5g`, `64KiB` or `1048576`, in bytes; undefined if it is none. */
export function parseByteSize(text: string): number | undefined {
  const match = /^\+?((?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:e[+-]?[0-9]+)?) ?(?:([kmgtp])(?:i?b)?|b)?$/i.exec(text);
  if (match === null) return undefined;
  const size = Number(match[1]) * (factors[(match[2] ?? '').toLowerCase()] ?? 1);
  return Number.isSafeInteger(Math.trunc(size)) ? Math.trunc(size) : undefined;
}
