import type { Digest } from '../../base/digest.ts';
import type { Healthcheck } from '../../formats/oci/image.ts';
import type { NetworkChoice } from '../../net/network-choice.ts';
import type { PublishedPort } from '../../net/provider.ts';
import type { FirecrackerChoice } from '../../vm/firecracker-choice.ts';

/**
 * What is fixed about a VM from its creation on; `vm.json`. Values of `-e` and `--env-file` are not in it: they reach
 * the guest through memory only.
 */
export interface VmRecord {
  readonly version: 1;
  /** 12 hexadecimal digits. */
  readonly id: string;
  readonly name: string;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  readonly image: { readonly name: string; readonly id: Digest; readonly manifestDigest: Digest };
  /** Entrypoint and its arguments. */
  readonly command: readonly string[];
  readonly user: string;
  readonly workdir: string;
  readonly hostname: string;
  readonly terminal: boolean;
  /** `-i`: the entrypoint's input stays open. */
  readonly openInput: boolean;
  readonly stopSignal: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly network: NetworkChoice;
  /** As asked for: host port 0 means any free one. */
  readonly ports: readonly PublishedPort[];
  /** Absolute paths of the image. */
  readonly volumes: readonly string[];
  /** HEALTHCHECK, and the command line it stands for; absent if there is none. */
  readonly health?: { readonly check: Healthcheck; readonly command: readonly string[] };
  readonly driver: 'qemu' | 'firecracker' | 'fake';
  readonly requireKvm: boolean;
  readonly firecracker?: FirecrackerChoice | undefined;
  readonly vcpus: number;
  readonly memoryMiB: number;
  /** Firekiln's own init runs the entrypoint, or the image's init is process 1 and there is no entrypoint. */
  readonly init: 'firekiln' | 'image';
  /** A read-only chain of segments below a scratch disk, or a disk of its own with the whole file system. */
  readonly root: 'layered' | 'flat';
  /** Ceiling of what the VM can write. */
  readonly scratchMiB: number;
  /** Read-only ext4 images from the bottom up; where the root is flat, the one image that the VM's disk is a clone of. */
  readonly segments: readonly { readonly key: Digest; readonly path: string }[];
  /** Remove the VM when it has ended. */
  readonly removeAtEnd: boolean;
  /** For sockets: private and short. */
  readonly runDir: string;
}
