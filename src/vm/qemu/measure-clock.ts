import { FirekilnError } from '../../base/errors/firekiln-error.ts';
import { startProcess, tryProcess } from '../../base/process.ts';
import { consoleLines } from '../console-tail.ts';

export interface MeasureClockOptions {
  /** Path of qemu-system-x86_64. */
  readonly binary: string;
  /** Of a kernel that QEMU boots. */
  readonly kernel: string;
  readonly signal?: AbortSignal | undefined;
}

/** On a busy host a kernel finds no clock rate, and hangs: such a boot is ended, and another tried. */
const attempts = 10;
const firstAttemptMs = 5000;
const longestAttemptMs = 40_000;

/**
 * The rate of the host's time stamp counter in kHz, which is that of emulated guests too: from the host's kernel log
 * where that may be read, else by booting a kernel until it prints its calibration. TIMEOUT if none of many boots did.
 */
export async function measureTscKhz(options: MeasureClockOptions): Promise<number> {
  return (await fromKernelLog()) ?? (await byBooting(options));
}

async function fromKernelLog(): Promise<number | undefined> {
  try {
    const { stdout } = await tryProcess('dmesg', { timeoutMs: 5000 });
    return detected(stdout.toString('latin1'));
  } catch {
    return undefined;
  }
}

async function byBooting({ binary, kernel, signal }: MeasureClockOptions): Promise<number> {
  let seen = '';
  let patience = firstAttemptMs;
  for (let i = 0; i < attempts; i++) {
    seen = '';
    const running = await startProcess(binary, {
      args: [
        // The timers that a kernel calibrates its clock with, which microvm leaves out otherwise.
        ['-M', 'microvm,pit=on,pic=on', '-accel', 'tcg', '-cpu', 'max', '-m', '256', '-kernel', kernel],
        ['-append', 'console=ttyS0 panic=-1 reboot=t', '-nodefaults', '-no-user-config', '-display', 'none'],
        ['-serial', 'stdio', '-no-reboot'],
      ].flat(),
      dieWithParent: true,
      timeoutMs: patience,
      killAfterMs: 1000,
      signal,
      stdout: {
        each: (chunk) => {
          seen = (seen + chunk.toString('latin1')).slice(-65_536);
          if (detected(seen) !== undefined || /Unable to calibrate|Kernel panic/.test(seen)) running.kill('SIGKILL');
        },
      },
    });
    const result = await running.result;
    signal?.throwIfAborted();
    const khz = detected(seen);
    if (khz !== undefined) return khz;
    if (result.exitCode !== 0 && seen === '' && !result.timedOut) {
      throw new FirekilnError('VM_START_FAILED', `no guest can be started with ${binary}`, {
        details: [result.stderr.toString().trimEnd()],
      });
    }
    patience = Math.min(patience * 2, longestAttemptMs);
  }
  throw new FirekilnError('TIMEOUT', `the clock rate of this host could not be measured: ${attempts} boots failed`, {
    hint: 'The host may be very busy. Try again when it is not; the rate is then kept until it boots.',
    details: consoleLines(seen),
  });
}

/** Linux, arch/x86/kernel/tsc.c. */
function detected(log: string): number | undefined {
  const match = /tsc: Detected (\d+)\.(\d{3}) MHz/.exec(log);
  const khz = match === null ? 0 : Number(`${match[1]}${match[2]}`);
  return khz > 0 ? khz : undefined;
}
