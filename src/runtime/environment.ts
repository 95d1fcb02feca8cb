import type { Digest } from '../base/digest.ts';
import type { Emitter } from '../base/events.ts';
import type { ImageConfigFile } from '../formats/oci/image.ts';
import type { Appliance, BootOptions, Guest } from '../guest/guest.ts';
import type { FlatRootfs, FlatRootfsOptions } from '../images/flat-rootfs.ts';
import type { Segment, SegmentsOptions } from '../images/image.ts';
import type { NetworkChoice } from '../net/network-choice.ts';
import type { NetworkProvider } from '../net/provider.ts';
import type { Store } from '../store/store.ts';
import type { MachineDriver } from '../vm/driver.ts';
import type { FirecrackerChoice } from '../vm/firecracker-choice.ts';

/** What runs of images work with; `app/` makes it. Parts are made when they are first asked for. */
export interface RuntimeEnvironment {
  readonly dataDir: string;
  readonly emitter: Emitter;
  /** Of the host's environment: where short-lived folders go, and what `-e NAME` takes. */
  readonly env: NodeJS.ProcessEnv;
  /** Of the configuration. */
  readonly defaults: {
    readonly vcpus?: number | undefined;
    readonly memoryMiB?: number | undefined;
  };
  store(): Promise<Store>;
  appliance(): Promise<Appliance>;
  machines(choice: DriverChoice): Promise<{
    readonly driver: MachineDriver;
    /** Undefined where VMs have no network. */
    readonly network: NetworkProvider | undefined;
    /** What was asked for, decided. */
    readonly choice: NetworkChoice;
  }>;
  /** For a VM whose shim was lost: undoes what any provider did for it; safe twice. */
  detachNetwork(vmId: string): Promise<void>;
  /** Removes what VMMs of killed processes have left on the host. */
  reclaimJails(): Promise<void>;
  bootGuest(options: BootOptions): Promise<Guest>;
  /** The image of that name for this host's platform: of the image store, else pulled. Its layers are in the store. */
  image(name: string, options: { readonly signal?: AbortSignal | undefined }): Promise<RunImage>;
  segments(layers: readonly Digest[], options: SegmentsOptions): Promise<readonly Segment[]>;
  /** All layers in one writable root file system, to be cloned. */
  flatRootfs(layers: readonly Digest[], options: FlatRootfsOptions): Promise<FlatRootfs>;
  /** The command line that runs a shim; the VM's folder is appended. */
  readonly shim: { readonly program: string; readonly args: readonly string[] };
}

export interface DriverChoice {
  readonly driver?: 'auto' | 'qemu' | 'firecracker' | undefined;
  /** Refuse to emulate. */
  readonly requireKvm?: boolean | undefined;
  /** `default` by default. */
  readonly network?: NetworkChoice | undefined;
  readonly firecracker?: FirecrackerChoice | undefined;
}

export interface RunImage {
  /** As people write it. */
  readonly name: string;
  /** The digest of the config. */
  readonly id: Digest;
  readonly manifestDigest: Digest;
  readonly config: ImageConfigFile;
  /** DiffIDs from the bottom up. */
  readonly layers: readonly Digest[];
}
