import { FirekilnError } from '../base/errors/firekiln-error.ts';

export interface Pace {
  /** Fewer bytes than this within one window are too few. */
  readonly bytes: number;
  readonly windowMs: number;
}

/** A modem of 1990 is faster; below it a download would go on for ever without ever being silent. */
const slowestPace: Pace = { bytes: 64 * 1024, windowMs: 60_000 };

/**
 * Passes a body on, and throws TIMEOUT when it trickles: a server that sends one byte in each idle period would
 * otherwise hold a pull for ever. Only the time that we wait for the server counts.
 */
export async function* atMinimumPace(
  body: AsyncIterable<Uint8Array>,
  subject: string,
  pace: Pace = slowestPace,
  now: () => number = () => performance.now(),
): AsyncGenerator<Uint8Array, void, undefined> {
  let waited = 0;
  let received = 0;
  let asked = now();
  for await (const chunk of body) {
    waited += now() - asked;
    received += chunk.length;
    if (waited >= pace.windowMs) {
      if (received < pace.bytes) {
        const seconds = Math.round(waited / 1000);
        throw new FirekilnError('TIMEOUT', `${subject}: only ${received} bytes came within ${seconds} s`);
      }
      waited = 0;
      received = 0;
    }
    yield chunk;
    asked = now();
  }
}
