import { shellVariables } from '../../guest/seed.ts';

/** What guest/run/setup.sh is told, for a VM whose drives are segments, scratch and, maybe, modules, in that order. */
export function setupConfig(options: {
  readonly segmentCount: number;
  readonly drivePrefix: string;
  readonly hasModules: boolean;
  /** Of the kernel. */
  readonly release: string;
  readonly hostname: string;
  readonly workdir: string;
  readonly volumes: readonly string[];
}): string {
  const { segmentCount, drivePrefix, hasModules, release, hostname, workdir, volumes } = options;
  const device = (index: number) => `/dev/${drivePrefix}${String.fromCharCode(97 + index)}`;
  return shellVariables({
    segments: Array.from({ length: segmentCount }, (_, index) => device(index)).join(' '),
    scratch: device(segmentCount),
    modules: hasModules ? device(segmentCount + 1) : '',
    release,
    hostname,
    workdir,
    volumes: volumes.join('\n'),
  });
}
