import type { Digest } from '../base/digest.ts';
import type { Emitter } from '../base/events.ts';
import type { ExecSegment, Executor } from '../executor/executor.ts';
import type { GitNode, HttpNode, ImageNode } from '../graph/node.ts';
import type { OpenChain } from '../images/open-chain.ts';
import type { FileSource } from '../source/file-source.ts';
import type { Store } from '../store/store.ts';

/** What the ops of one build work with; `build/` makes it. */
export interface OpsEnvironment {
  readonly store: Store;
  /** The layers of a chain, for as long as the step that asks needs them; throws BLOB_MISSING. */
  openChain(layers: readonly Digest[]): Promise<OpenChain>;
  /** For people: `build of NAME`. */
  readonly purpose: string;
  /** Made when the first step has to run: a build from the cache needs no VM and no set-up. */
  executor(): Promise<Executor>;
  /** How many segments an executor can take beside the scratch drive. */
  readonly maxSegments: number;
  segments(
    layers: readonly Digest[],
    options: { readonly maxSegments: number; readonly emitter: Emitter; readonly signal: AbortSignal },
  ): Promise<readonly ExecSegment[]>;
  /** Brings the layers of an image that planning resolved into the store; diffIDs from the bottom up. */
  imageLayers(
    node: ImageNode,
    options: { readonly node: string; readonly emitter: Emitter; readonly signal: AbortSignal },
  ): Promise<readonly Digest[]>;
  /** The diffIDs as the image's config has them, without bringing anything. */
  imageDiffIds(node: ImageNode): readonly Digest[];
  /** A context by the name that {@link CopySource} has; the same object each time. */
  context(name: string): Promise<FileSource>;
  readonly http: HttpFetcher;
  readonly git: GitFetcher;
  /** `--secret`; undefined if it was not given. */
  secret(id: string): Promise<Uint8Array | undefined>;
  /** `--ssh`: the socket of an agent on the host; undefined if it was not given. */
  sshAgent(id: string): Promise<string | undefined>;
  readonly resources: { readonly vcpus: number; readonly memoryMiB: number; readonly scratchMiB: number };
  /** `step`: each RUN has a VM of its own. */
  readonly isolation: 'group' | 'step';
  /** Seconds since the epoch; times of files that the build makes itself, and the ceiling of all others. */
  readonly sourceDateEpoch: number | undefined;
  /** Milliseconds since the epoch, fixed for the build. */
  readonly startedAt: number;
}

export interface FetchOptions {
  /** The graph node, for progress. */
  readonly node: string;
  readonly signal: AbortSignal;
  readonly emitter: Emitter;
}

export interface HttpFetcher {
  /** What the server says it would send (checksum, or digest and time of the body): part of the key. */
  identify(node: HttpNode, options: FetchOptions): Promise<string>;
  /** The body as a file of the host, with its time. Not to be used once it is disposed. */
  fetch(
    node: HttpNode,
    options: FetchOptions,
  ): Promise<{ readonly path: string; readonly mtimeSec: number | undefined } & AsyncDisposable>;
}

export interface GitFetcher {
  /** The full commit that the node's ref leads to. */
  resolve(node: GitNode, options: FetchOptions): Promise<string>;
  /** A checkout as a tree; removed when disposed. */
  checkout(
    node: GitNode,
    commit: string,
    options: FetchOptions,
  ): Promise<{ readonly source: FileSource } & AsyncDisposable>;
}

/** What every op gives: a complete file system. */
export interface Chain {
  /** DiffIDs from the bottom up; empty for scratch. */
  readonly layers: readonly Digest[];
  /**
   * When each layer was made, in milliseconds since the epoch; a result of the cache keeps its times, so that a build
   * from the cache gives the same image again. 0 for layers of images: their own history tells.
   */
  readonly times: readonly number[];
  /** What made each layer: the node's name for people; empty for layers of images. */
  readonly names: readonly string[];
}
