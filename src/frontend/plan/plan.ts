import type { Digest } from '../../base/digest.ts';
import type { ContainerConfig, HistoryEntry, ImageConfigFile, Platform } from '../../formats/oci/image.ts';
import type { BuildGraph, GraphNode } from '../../graph/node.ts';
import type { Dockerfile } from '../instructions/dockerfile.ts';
import type { DockerfileTree } from '../syntax/tree.ts';

/** What a build is asked for. */
export interface PlanRequest {
  readonly dockerfile: Dockerfile;
  /** A stage by name; the last one by default. */
  readonly target: string | undefined;
  readonly buildArgs: ReadonlyMap<string, string>;
  readonly labels: ReadonlyMap<string, string>;
  /** What the image is for. */
  readonly platform: Platform;
  /** What the build runs on. */
  readonly buildPlatform: Platform;
  /** `--platform` was given. */
  readonly platformIsExplicit: boolean;
  readonly contexts: Contexts;
  readonly resolveImage: ImageResolver;
  /** `--no-cache`: all stages, or those named. */
  readonly noCache: boolean | ReadonlySet<string>;
  readonly network: 'default' | 'none';
  readonly hostname: string;
  readonly extraHosts: readonly { readonly host: string; readonly address: string }[];
  /** In bytes, of /dev/shm. */
  readonly shmSize: number | undefined;
  /** `--allow security.insecure`. */
  readonly allowInsecure: boolean;
  /** Seconds since the epoch. */
  readonly sourceDateEpoch: number | undefined;
  readonly observer: PlanObserver;
  readonly signal?: AbortSignal | undefined;
}

/** Where `COPY` without `--from` and names that are no stage lead. */
export interface Contexts {
  readonly main: ContextBinding;
  /** A `--build-context`, by its normal name (see {@link contextName}). */
  named(name: string): ContextBinding | undefined;
}

export type ContextBinding =
  /** A folder of the host; the name is what {@link CopySource} gives back, empty for the main one. */
  | { readonly type: 'folder'; readonly name: string }
  /** A tree that a node makes: a git checkout, an unpacked archive. */
  | { readonly type: 'node'; readonly node: GraphNode; readonly name: string }
  | { readonly type: 'image'; readonly reference: string }
  /** The place of a Dockerfile on an HTTP server: single files only. */
  | { readonly type: 'http'; readonly baseUrl: string };

/** Finds an image's manifest and config; throws BASE_NOT_FOUND. */
export type ImageResolver = (reference: string, platform: Platform) => Promise<ImageFacts>;

export interface ImageFacts {
  /** As canonical as its source can give it. */
  readonly name: string;
  readonly manifestDigest: Digest;
  readonly config: ImageConfigFile;
}

/** Told of what planning finds; the build checks listen. */
export interface PlanObserver {
  /** The image that a FROM names has been resolved. */
  onBase?(fact: { readonly stage: number; readonly reference: string; readonly facts: ImageFacts }): void;
}

/** What is to be done, and the image that comes of it. */
export interface Plan {
  /** Of the Dockerfile. */
  readonly tree: DockerfileTree;
  readonly graph: BuildGraph;
  /** Lines of the FROM of the target. */
  readonly from: { readonly startLine: number; readonly endLine: number };
  readonly image: PlannedImage;
}

/** An image config without the layers, which are known only after the build. */
export interface PlannedImage {
  readonly platform: Platform;
  readonly author: string | undefined;
  readonly config: ContainerConfig;
  /** Base included; an entry without `empty_layer` stands for one layer. */
  readonly history: readonly HistoryEntry[];
}
