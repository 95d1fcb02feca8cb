import { setTimeout as sleep } from 'node:timers/promises';
import { startProcess } from '../../src/base/process.ts';
import type { BedQemu } from './qemu.ts';

export interface OuterVm {
  readonly qemu: BedQemu;
  readonly kernel: string;
  readonly initrd: string;
  /** Read-only to the VM; it writes to a snapshot that ends with it. */
  readonly disk: string;
  readonly project: string;
  /** A disk of a base OS, for builds in place. */
  readonly base: string;
  /** Further drives that the VM reads. */
  readonly moreDrives: readonly string[];
  /** A file as large as the results may be; the bed writes a tar into it. */
  readonly results: string;
  readonly tscKhz: number;
  readonly deadlineMs: number;
  /** Without a word on the console for that long, it counts as hung; never if absent. */
  readonly silenceMs?: number | undefined;
  /** Shown with the deadline. */
  readonly onConsole: (chunk: Buffer) => void;
  /** Connects this terminal to the console. */
  readonly terminal: boolean;
  readonly signal?: AbortSignal;
}

/** How the outer VM ended: by its own reset, at the deadline, or silent for too long. */
export type OuterVmEnd = 'reset' | 'deadline' | 'hung' | 'failed';

/** Whether the outer VM's processors are emulated, and with them the virtualisation that it offers. */
export function isEmulated(): boolean {
  return process.env.FIREKILN_TEST_BED_ACCEL !== 'kvm';
}

/**
 * Boots the outer VM and waits for its end. Emulated by default, with an AMD processor's SVM, which gives a working
 * /dev/kvm inside wherever this runs; FIREKILN_TEST_BED_ACCEL=kvm uses nested virtualisation instead.
 */
export async function runOuterVm(vm: OuterVm): Promise<OuterVmEnd> {
  const kvm = !isEmulated();
  const drives = [
    { id: 'disk', options: `file=${vm.disk},snapshot=on` },
    { id: 'project', options: `file=${vm.project},readonly=on` },
    { id: 'results', options: `file=${vm.results}` },
    { id: 'base', options: `file=${vm.base},readonly=on` },
    ...vm.moreDrives.map((path, i) => ({ id: `more${i}`, options: `file=${path},readonly=on` })),
  ];
  // The guest's clock keeps up with a busy host only if it trusts the emulated TSC, which ticks at the host's rate.
  const clock = `tsc_early_khz=${vm.tscKhz} clocksource=tsc tsc=reliable`;
  // The most that QEMU takes, in MiB. Its default, 1 GiB, is full of translated code after ten minutes on an idle host, and
  // QEMU 7.2 does not survive the flush here: the VM's kernel dies of a corrupted stack, or both processors spin for ever.
  const tcg = 'tcg,thread=multi,tb-size=2047';
  const args = [
    ['-M', 'microvm,pit=on,pic=on,rtc=on', '-smp', '2', '-m', '5000'],
    kvm ? ['-accel', 'kvm', '-cpu', 'host'] : ['-accel', tcg, '-cpu', 'max'],
    ['-kernel', vm.kernel, '-initrd', vm.initrd],
    ['-append', `console=ttyS0 panic=-1 reboot=t quiet random.trust_cpu=on mitigations=off ${kvm ? '' : clock}`],
    drives.flatMap(({ id, options }) => [
      '-drive',
      `id=${id},format=raw,if=none,cache=unsafe,${options}`,
      '-device',
      `virtio-blk-device,drive=${id}`,
    ]),
    ['-device', 'virtio-rng-device'],
    ['-nodefaults', '-no-user-config', '-nographic', '-no-reboot', '-serial', vm.terminal ? 'mon:stdio' : 'stdio'],
  ].flat();
  const { promise: hung, resolve: isHung } = Promise.withResolvers<'hung'>();
  const silence = vm.silenceMs === undefined ? undefined : setTimeout(isHung, vm.silenceMs, 'hung').unref();
  const onConsole = (chunk: Buffer) => {
    silence?.refresh();
    vm.onConsole(chunk);
  };
  const running = await startProcess(vm.qemu.binary, {
    args: [...vm.qemu.args, ...args],
    dieWithParent: true,
    stdout: vm.terminal ? { fd: 1 } : { each: onConsole },
    ...(vm.terminal ? { stdin: { fd: 0 } } : {}),
    ...(vm.signal === undefined ? {} : { signal: vm.signal }),
  });
  const timer = new AbortController();
  const deadline = sleep(vm.deadlineMs, 'deadline' as const, { signal: timer.signal, ref: false }).catch(() => 'reset');
  const first = await Promise.race([running.result, deadline, hung]);
  timer.abort();
  clearTimeout(silence);
  if (first === 'deadline' || first === 'hung') {
    await running.stop();
    return first;
  }
  const result = await running.result;
  if (result.exitCode === 0) return 'reset';
  console.error(result.stderr.toString());
  return 'failed';
}
