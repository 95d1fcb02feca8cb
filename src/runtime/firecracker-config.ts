import type { MachineSpec } from '../vm/driver.ts';

/** Makes of a machine what `firecracker --config-file` reads. */
export type MakeConfig = (
  spec: Pick<MachineSpec, 'vcpus' | 'memoryMiB' | 'kernelArgs' | 'drives'>,
  files: { readonly kernel: string; readonly initrd: string; readonly drives: readonly string[] },
) => object;

/**
 * The configuration of an exported image. Paths are relative to the folder that Firecracker is started in.
 */
export function firecrackerConfig(makeConfig: MakeConfig, hasModules: boolean): object {
  const names = ['rootfs', 'scratch', ...(hasModules ? ['modules'] : [])];
  const drives = names.map((id) => ({ id, path: `${id}.ext4`, readOnly: id !== 'scratch' }));
  return makeConfig(
    { vcpus: 2, memoryMiB: 512, kernelArgs: ['rdinit=/firekiln/init'], drives },
    { kernel: 'vmlinux', initrd: 'initrd', drives: drives.map(({ path }) => path) },
  );
}
