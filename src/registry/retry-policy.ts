/** How stubbornly a registry is asked. */
export interface RetryPolicy {
  /** Requests in all. */
  readonly attempts: number;
  /** The first pause in milliseconds; each further one is twice as long, with up to half of it at random on top. */
  readonly firstPauseMs: number;
  readonly longestPauseMs: number;
  /** A registry that asks to wait longer than this (Retry-After) is not waited for. */
  readonly longestRetryAfterMs: number;
}

export const defaultRetryPolicy: RetryPolicy = {
  attempts: 5,
  firstPauseMs: 500,
  longestPauseMs: 10_000,
  longestRetryAfterMs: 120_000,
};

/** The pause after the given failed attempt, counted from 1. */
export function pauseAfter(attempt: number, policy: RetryPolicy): number {
  const pause = Math.min(policy.firstPauseMs * 2 ** (attempt - 1), policy.longestPauseMs);
  return pause * (1 + Math.random() / 2);
}

/** Retry-After (RFC 9110, section 10.2.3) in milliseconds from now: seconds or a date. Undefined if there is none. */
export function readRetryAfter(value: string | undefined, now: number = Date.now()): number | undefined {
  if (value === undefined) return undefined;
  if (/^\s*\d{1,9}\s*$/.test(value)) return Number(value) * 1000;
  // Only the form that the RFC demands: Date.parse takes much else.
  if (!/^\s*\w{3}, \d{2} \w{3} \d{4} \d{2}:\d{2}:\d{2} GMT\s*$/.test(value)) return undefined;
  const date = Date.parse(value);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}
