const nanoseconds: Readonly<Record<string, bigint>> = {
  ns: 1n,
  us: 1_000n,
  µs: 1_000n,
  μs: 1_000n,
  ms: 1_000_000n,
  s: 1_000_000_000n,
  m: 60_000_000_000n,
  h: 3_600_000_000_000n,
};

const maxNanoseconds = 2n ** 63n - 1n;
const part = /([0-9]*)(?:\.([0-9]*))?(ns|us|µs|μs|ms|s|m|h)/y;

/**
 * A duration as Go's time.ParseDuration takes it (`1m30s`, `0.5h`), in nanoseconds; undefined if it is none. A negative
 * one is given as negative.
 */
export function parseDuration(text: string): number | undefined {
  const sign = text.startsWith('-') ? -1n : 1n;
  const body = /^[+-]/.test(text) ? text.slice(1) : text;
  if (body === '0') return 0;
  if (body === '') return undefined;
  let total = 0n;
  part.lastIndex = 0;
  while (part.lastIndex < body.length) {
    const match = part.exec(body);
    if (match === null) return undefined;
    const [, whole = '', fraction = '', unit = ''] = match;
    if (whole === '' && fraction === '') return undefined;
    const scale = nanoseconds[unit] ?? 0n;
    total += BigInt(whole || '0') * scale + fractionOf(fraction, scale);
    if (total > maxNanoseconds) return undefined;
  }
  return Number(sign * total);
}

/** Digits beyond the nineteenth change nothing. */
function fractionOf(digits: string, scale: bigint): bigint {
  const kept = digits.slice(0, 19);
  return kept === '' ? 0n : (BigInt(kept) * scale) / 10n ** BigInt(kept.length);
}
