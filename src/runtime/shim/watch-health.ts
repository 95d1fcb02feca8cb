import { setTimeout as sleep } from 'node:timers/promises';
import type { Healthcheck } from '../../formats/oci/image.ts';
import type { VmHealth } from '../record/vm-state.ts';

/** One run of the test: exit code, and the end of what it wrote. */
export type Probe = (args: readonly string[], signal: AbortSignal) => Promise<{ exitCode: number; output: string }>;

/** moby's defaults (daemon/health.go). */
const defaults = { intervalMs: 30_000, timeoutMs: 30_000, startPeriodMs: 0, startIntervalMs: 5000, retries: 3 };
/** Node's timers take no more. */
const longestTimerMs = 2 ** 31 - 1;
/** Of the probes that are remembered, and of what each wrote. */
const keptProbes = 5;
const keptOutput = 4096;

/** The command line of a HEALTHCHECK; undefined if there is none. */
export function healthCommand(check: Healthcheck | undefined, shell: readonly string[]): readonly string[] | undefined {
  const [kind, ...rest] = check?.Test ?? [];
  if (kind === 'CMD' && rest.length > 0) return rest;
  if (kind === 'CMD-SHELL' && rest[0] !== undefined) return [...shell, rest[0]];
  return undefined;
}

/**
 * Probes until aborted. Failures within the start period don't count; the first success ends it. As many failures in a
 * row as there are retries make the VM unhealthy, one success makes it healthy again.
 */
export async function watchHealth(options: {
  readonly check: Healthcheck;
  readonly command: readonly string[];
  readonly probe: Probe;
  readonly onChange: (health: VmHealth) => Promise<void>;
  readonly signal: AbortSignal;
}): Promise<void> {
  const { check, command, probe, onChange, signal } = options;
  const times = timesOf(check);
  const startedAt = Date.now();
  let health: VmHealth = { status: 'starting', failingStreak: 0, log: [] };
  await onChange(health);
  for (;;) {
    const isStarting = health.status === 'starting' && Date.now() - startedAt < times.startPeriodMs;
    try {
      await sleep(isStarting ? Math.min(times.startIntervalMs, times.intervalMs) : times.intervalMs, undefined, {
        signal,
      });
    } catch {
      return;
    }
    const start = Date.now();
    const result = await probeOnce(probe, command, times.timeoutMs, signal);
    if (signal.aborted) return;
    const log = [...health.log, { start, end: Date.now(), ...result }].slice(-keptProbes);
    const isHealthy = result.exitCode === 0;
    const isExcused = !isHealthy && health.status === 'starting' && start - startedAt < times.startPeriodMs;
    const failingStreak = isHealthy || isExcused ? 0 : health.failingStreak + 1;
    const status = isHealthy ? 'healthy' : failingStreak >= times.retries ? 'unhealthy' : health.status;
    health = { status, failingStreak, log };
    await onChange(health);
  }
}

async function probeOnce(
  probe: Probe,
  command: readonly string[],
  timeoutMs: number,
  signal: AbortSignal,
): Promise<{ exitCode: number; output: string }> {
  const limit = AbortSignal.timeout(timeoutMs);
  try {
    const { exitCode, output } = await probe(command, AbortSignal.any([signal, limit]));
    return { exitCode, output: output.slice(-keptOutput) };
  } catch (error) {
    if (limit.aborted) return { exitCode: -1, output: `the test did not end within ${timeoutMs / 1000} s` };
    return { exitCode: -1, output: error instanceof Error ? error.message : String(error) };
  }
}

function timesOf(check: Healthcheck): typeof defaults {
  const ms = (nanoseconds: number | undefined, otherwise: number) =>
    nanoseconds === undefined || nanoseconds <= 0 ? otherwise : Math.min(nanoseconds / 1e6, longestTimerMs);
  return {
    intervalMs: ms(check.Interval, defaults.intervalMs),
    timeoutMs: ms(check.Timeout, defaults.timeoutMs),
    startPeriodMs: ms(check.StartPeriod, defaults.startPeriodMs),
    startIntervalMs: ms(check.StartInterval, defaults.startIntervalMs),
    retries: check.Retries === undefined || check.Retries <= 0 ? defaults.retries : check.Retries,
  };
}
