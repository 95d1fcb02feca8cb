import type { CommonFlags } from '../common-options.ts';
import type { InPlaceFlags } from '../in-place-flags.ts';
import type { MachineFlags } from '../machine-flags.ts';
import type { NetworkFlags } from '../network-flags.ts';

/** The flags of `build` as commander gives them. */
export interface BuildFlags extends CommonFlags, InPlaceFlags, MachineFlags, NetworkFlags {
  readonly file?: string;
  readonly dockerfile?: string;
  readonly tag: readonly string[];
  readonly target?: string;
  readonly buildArg: readonly string[];
  readonly buildContext: readonly string[];
  readonly secret: readonly string[];
  readonly ssh: readonly string[];
  readonly label: readonly string[];
  readonly platform?: string;
  readonly addHost: readonly string[];
  readonly shmSize?: string;
  readonly allow: readonly string[];
  /** False for --no-cache. */
  readonly cache: boolean;
  /** Of --no-cache-filter, which commander takes for the opposite of a flag. */
  readonly cacheFilter: readonly string[];
  readonly machineRootfsBase?: string;
  readonly pull?: boolean;
  readonly output: readonly string[];
  readonly iidfile?: string;
  readonly metadataFile?: string;
  readonly quiet?: boolean;
  readonly check?: boolean;
  readonly call?: string;
  readonly explain?: boolean;
  readonly checkReproducible?: boolean;
  readonly isolation?: string;
  readonly cpus?: string;
  readonly memory?: string;
  readonly scratchSize?: string;
  readonly driver?: string;
  readonly requireKvm?: boolean;
}

/** Flags of docker that Firekiln does not have, with what to use instead. */
export const refusedBuildFlags: Readonly<Record<string, string>> = {
  'cache-from': 'the cache lies in the data dir and is used by itself',
  'cache-to': 'the cache lies in the data dir and is used by itself',
  push: 'write the image with -o type=oci,dest=FOLDER and push it with skopeo',
  load: 'the image is in the store by itself; `firekiln run` finds it by its tag',
  builder: 'there is no daemon; --data-dir chooses the store, --driver the VMM',
  ulimit: 'limits of a step are those of its VM: --cpus, --memory, --scratch-size',
  'cgroup-parent': 'a step runs in a VM of its own: --cpus and --memory limit it',
  'cpu-shares': 'a step runs in a VM of its own: --cpus limits it',
  'cpu-quota': 'a step runs in a VM of its own: --cpus limits it',
  'cpuset-cpus': 'a step runs in a VM of its own: --cpus limits it',
  'security-opt': 'a step runs in a VM of its own',
  squash: '-o type=ext4 writes the image in one piece',
  attest: 'provenance is recorded by itself: `firekiln inspect NAME`',
  provenance: 'provenance is recorded by itself: `firekiln inspect NAME`',
  sbom: 'write the files with -o type=tar and give them to an SBOM tool',
  annotation: 'use --label',
  compress: 'the context is not sent anywhere',
};
