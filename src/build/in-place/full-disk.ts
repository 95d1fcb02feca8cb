import type { BaseVm } from '../../guest/base/base-vm.ts';

/** What to do where the disk of the base is full; undefined where it is not. */
export async function fullDiskHint(vm: BaseVm, said: readonly string[]): Promise<string | undefined> {
  const hint = 'The disk of the base is full. Give it more room with --scratch-size.';
  if (said.some((line) => /no space left on device/i.test(line))) return hint;
  try {
    const { stdout } = await vm.exec('df -Pk /', { signal: AbortSignal.timeout(10_000) });
    const [, , , free] = stdout.toString('latin1').trim().split('\n').at(-1)?.split(/\s+/) ?? [];
    return Number(free) < 1024 ? hint : undefined;
  } catch {
    return undefined;
  }
}
