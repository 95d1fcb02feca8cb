import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { abortError } from '../../base/abort.ts';
import { FirekilnError } from '../../base/errors/firekiln-error.ts';
import { lastLines } from '../../base/last-lines.ts';
import { startProcess, tryProcess } from '../../base/process.ts';
import { clockProgram, sampleBytes, sampleMark, samplePort } from './clock-program.ts';
import { type ClockSample, clockRate } from './clock-rate.ts';

export interface MeasureClockOptions {
  /** Path of qemu-system-x86_64. */
  readonly binary: string;
  readonly signal?: AbortSignal | undefined;
}

const firstLookMs = 2000;
const deadlineMs = 60_000;
/** Two looks, the second over half as long again, agree to this part of the rate. */
const tolerance = 100e-6;

/**
 * The rate of the host's time stamp counter in kHz, which is that of emulated guests too: from the host's kernel log
 * where that may be read, else measured. Also on a busy host, where a guest's kernel finds no rate, and hangs: the
 * guest that is measured here only reads its counter, and the host's clock tells when. TIMEOUT if all were too late.
 */
export async function measureTscKhz(options: MeasureClockOptions): Promise<number> {
  return (await fromKernelLog()) ?? (await byGuest(options));
}

async function fromKernelLog(): Promise<number | undefined> {
  try {
    const { stdout } = await tryProcess('dmesg', { timeoutMs: 5000 });
    // Linux, arch/x86/kernel/tsc.c; the second line comes where the first was a guess.
    const log = stdout.toString('latin1');
    const refined = /tsc: Refined TSC clocksource calibration: (\d+)\.(\d{3}) MHz/.exec(log);
    const match =
      refined ?? /tsc: Detected (\d+)\.(\d{3}) MHz TSC/.exec(log) ?? /tsc: Detected (\d+)\.(\d{3}) MHz/.exec(log);
    const khz = match === null ? 0 : Number(`${match[1]}${match[2]}`);
    return khz > 0 ? khz : undefined;
  } catch {
    return undefined;
  }
}

/** Exported for its test: the way without a kernel log. */
export async function byGuest({ binary, signal }: MeasureClockOptions): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'fk-clock-'));
  try {
    const bios = join(folder, 'bios');
    await writeFile(bios, clockProgram());
    const samples: ClockSample[] = [];
    let before: number | undefined;
    let rate: number | undefined;
    let nextLook = firstLookMs;
    const started = performance.now();
    const read = sampleReader();
    const running = await startProcess(binary, {
      args: [
        ['-M', 'microvm', '-accel', 'tcg', '-cpu', 'max', '-m', '16', '-bios', bios],
        ['-nodefaults', '-no-user-config', '-display', 'none', '-no-reboot'],
        ['-chardev', 'stdio,id=samples,signal=off', '-device', `isa-debugcon,iobase=${samplePort},chardev=samples`],
      ].flat(),
      dieWithParent: true,
      timeoutMs: deadlineMs,
      killAfterMs: 500,
      signal,
      stdout: {
        each: (chunk) => {
          const seenAt = performance.now();
          for (const ticks of read(chunk)) samples.push({ ticks, seenAt });
          if (seenAt - started < nextLook || rate !== undefined) return;
          nextLook *= 1.5;
          const now = clockRate(samples);
          if (now !== undefined && before !== undefined && Math.abs(now / before - 1) < tolerance) {
            rate = now;
            running.kill('SIGKILL');
          }
          before = now;
        },
      },
    });
    const result = await running.result;
    if (result.aborted && signal !== undefined) throw abortError(signal, 'measuring the clock rate of this host');
    if (rate !== undefined) return Math.round(rate);
    if (result.timedOut) {
      throw new FirekilnError(
        'TIMEOUT',
        `the clock rate of this host could not be measured in ${deadlineMs / 1000} s`,
        {
          hint: 'Try again when the host is less busy; the rate is then kept until it boots.',
        },
      );
    }
    throw new FirekilnError('VM_START_FAILED', `no guest can be started with ${binary}`, {
      details: lastLines(result.stderr, 10),
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Cuts the output of {@link clockProgram} into values; as numbers, large ones are off by a few ticks at most. */
function sampleReader(): (chunk: Buffer) => number[] {
  let rest = Buffer.alloc(0);
  return (chunk) => {
    rest = Buffer.concat([rest, chunk]);
    const values: number[] = [];
    let at = 0;
    for (; at + sampleBytes <= rest.length; at += sampleBytes) {
      if (rest[at] === sampleMark) values.push(Number(rest.readBigUInt64LE(at + 1)));
    }
    rest = rest.subarray(at);
    return values;
  };
}
