import { shellVariables } from '../../guest/seed.ts';

/**
 * What guest/run/setup.sh is told, for a VM whose drives are, in that order: the segments and scratch, or the whole root
 * file system; and, maybe, the modules.
 */
export function setupConfig(options: {
  readonly root: 'layered' | 'flat';
  readonly init: 'firekiln' | 'image';
  readonly segmentCount: number;
  readonly drivePrefix: string;
  readonly hasModules: boolean;
  /** Of the kernel. */
  readonly release: string;
  readonly hostname: string;
  readonly workdir: string;
  readonly volumes: readonly string[];
}): string {
  const { root, init, segmentCount, drivePrefix, hasModules, release, hostname, workdir, volumes } = options;
  const device = (index: number) => `/dev/${drivePrefix}${String.fromCharCode(97 + index)}`;
  const drives =
    root === 'flat'
      ? { rootfs: device(0), segments: '', scratch: '' }
      : {
          rootfs: '',
          segments: Array.from({ length: segmentCount }, (_, index) => device(index)).join(' '),
          scratch: device(segmentCount),
        };
  const last = root === 'flat' ? 1 : segmentCount + 1;
  return shellVariables({
    ...drives,
    modules: hasModules ? device(last) : '',
    release,
    hostname,
    workdir,
    volumes: volumes.join('\n'),
    init,
  });
}
