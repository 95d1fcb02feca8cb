import { FirekilnError } from './errors/firekiln-error.ts';

/** The error for work that a signal stopped; an abort reason that is already one of ours is kept. */
export function abortError(signal: AbortSignal, doing: string): FirekilnError {
  if (signal.reason instanceof FirekilnError) return signal.reason;
  return new FirekilnError('ABORTED', `stopped while ${doing}`, { cause: signal.reason, exitCode: 130 });
}

export function throwIfAborted(signal: AbortSignal | undefined, doing: string): void {
  if (signal?.aborted) throw abortError(signal, doing);
}

/** Waits; an abort ends the wait with ABORTED. */
export function delay(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(abortError(signal, 'waiting'));
      return;
    }
    const onAbort = () => {
      clearTimeout(timer);
      if (signal !== undefined) reject(abortError(signal, 'waiting'));
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    }, ms);
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}

/**
 * The promise, or TIMEOUT after `ms`, or ABORTED. The work itself is not stopped by this: give it a signal of its own.
 */
export async function withDeadline<T>(
  work: Promise<T>,
  options: { ms: number; doing: string; signal?: AbortSignal | undefined; hint?: string },
): Promise<T> {
  const { ms, doing, signal } = options;
  throwIfAborted(signal, doing);
  let stop: (() => void) | undefined;
  const limit = new Promise<never>((_, reject) => {
    const timer = setTimeout(() => {
      reject(new FirekilnError('TIMEOUT', `${doing}: no end after ${ms / 1000} s`, { hint: options.hint }));
    }, ms);
    const onAbort = () => {
      if (signal !== undefined) reject(abortError(signal, doing));
    };
    signal?.addEventListener('abort', onAbort, { once: true });
    stop = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
    };
  });
  try {
    return await Promise.race([work, limit]);
  } finally {
    stop?.();
  }
}
