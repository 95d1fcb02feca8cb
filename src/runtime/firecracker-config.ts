const vcpus = 2;
const memoryMiB = 512;

/**
 * What `firecracker --config-file` reads (Firecracker, src/vmm/src/resources.rs: VmmConfig). Paths are relative to the
 * folder that Firecracker is started in.
 */
export function firecrackerConfig(options: {
  readonly kernelArgs: readonly string[];
  readonly hasModules: boolean;
}): object {
  const drive = (name: string, isReadOnly: boolean) => ({
    drive_id: name,
    path_on_host: `${name}.ext4`,
    is_root_device: false,
    is_read_only: isReadOnly,
    cache_type: isReadOnly ? 'Unsafe' : 'Writeback',
  });
  return {
    'boot-source': {
      kernel_image_path: 'vmlinux',
      initrd_path: 'initrd',
      boot_args: [...options.kernelArgs, 'rdinit=/firekiln/init'].join(' '),
    },
    drives: [drive('rootfs', true), drive('scratch', false), ...(options.hasModules ? [drive('modules', true)] : [])],
    'machine-config': { vcpu_count: vcpus, mem_size_mib: memoryMiB },
    entropy: {},
  };
}
