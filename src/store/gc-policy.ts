/**
 * What gc may remove beside garbage. Garbage always goes: blobs, indexes and artifacts that no image, cache record,
 * pin or live lease refers to, and what dead processes left. With none of `types`, `unusedForMs`, `keepBytes`,
 * `labels` and `dangling`, nothing else does.
 */
export interface GcPolicy {
  /**
   * Types that may go: `image`, `cache`, `cachemount`, or a kind of artifact such as `segment`.
   * {@link defaultGcTypes} if absent.
   */
  readonly types?: readonly string[];
  /** Only what was not used for this long, in milliseconds. */
  readonly unusedForMs?: number;
  /** Stop when the store takes no more than this on disk, least recently used first. */
  readonly keepBytes?: number;
  /** All must match. Only images have labels. */
  readonly labels?: readonly LabelFilter[];
  /** Only images without a name. */
  readonly dangling?: boolean;
  /** Report only. */
  readonly dryRun?: boolean;
  readonly signal?: AbortSignal | undefined;
}

export interface LabelFilter {
  readonly name: string;
  /** Any value if absent. */
  readonly value?: string;
  /** True for `label!=`. */
  readonly negated: boolean;
}

/** Images are the user's, kernels and appliances need `firekiln setup` again: those go only when named. */
export const defaultGcTypes: readonly string[] = ['cache', 'cachemount', 'segment', 'rootfs'];

export interface GcReport {
  /** What was removed, or would be with `dryRun`. */
  readonly removed: readonly GcItem[];
  /** Sum over `removed`, bytes on disk. */
  readonly freedBytes: number;
  /** Bytes on disk that the store takes afterwards. */
  readonly keptBytes: number;
}

export interface GcItem {
  /** `image`, `cache`, `cachemount`, `blob`, `temporary` or a kind of artifact. */
  readonly type: string;
  /** Digest, name or path. */
  readonly key: string;
  /** For people; may be empty. */
  readonly label: string;
  /** On disk. What an image or a cache record refers to is listed, and counted, on its own. */
  readonly bytes: number;
  readonly reason: GcReason;
}

export type GcReason =
  /** Nothing refers to it. */
  | 'unreferenced'
  /** The policy's types, age or labels name it. */
  | 'policy'
  /** It had to make room for `keepBytes`. */
  | 'size'
  /** A dead process left it. */
  | 'abandoned'
  /** It was found damaged, or what it refers to is gone. */
  | 'damaged';
