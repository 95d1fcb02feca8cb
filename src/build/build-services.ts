import type { Emitter } from '../base/events.ts';
import type { BaseVm } from '../guest/base/base-vm.ts';
import type { OutputRequest } from '../images/export/export-request.ts';
import type { OpsEnvironment } from '../ops/environment.ts';
import type { Store } from '../store/store.ts';
import type { FindImage } from './bases.ts';
import type { InPlaceRequest } from './in-place/in-place-request.ts';
import type { OpenStream } from './inputs.ts';
import type { SourceOpener } from './source-opener.ts';

/** What a build works with; made by `app/`. */
export interface BuildServices
  extends Pick<OpsEnvironment, 'executor' | 'maxSegments' | 'segments' | 'http' | 'git' | 'resources'> {
  readonly store: Store;
  readonly emitter: Emitter;
  readonly signal: AbortSignal;
  readonly sources: SourceOpener;
  readonly archives: OpenStream;
  readonly findImage: FindImage;
  /** Throws what {@link bootBase} would throw of the host's keys and kernel. */
  checkInPlace(request: InPlaceRequest): Promise<void>;
  /**
   * Boots a disk with its own init, logs in, and gives it the network that steps have; see {@link bootBase}. The machine
   * and its network are gone when disposed.
   */
  bootBase(disk: string, request: InPlaceRequest): Promise<BaseVm>;
  /** Bytes that disks of {@link bootBase} are given to grow by. */
  readonly diskGrowth: number | undefined;
  exportImage(request: OutputRequest): Promise<void>;
  readonly env: NodeJS.ProcessEnv;
  /** Of Firekiln. */
  readonly version: string;
}
