import { setTimeout as sleep } from 'node:timers/promises';

const attemptMs = 10_000;
const pauseMs = 250;

/** The body of a page, asked for until the server in a VM answers, at least once. Throws the last failure. */
export async function fetchText(url: string, withinMs: number): Promise<string> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    try {
      return await (await fetch(url, { signal: AbortSignal.timeout(attemptMs) })).text();
    } catch (error) {
      if (performance.now() >= deadline) throw error;
      await sleep(pauseMs);
    }
  }
}
