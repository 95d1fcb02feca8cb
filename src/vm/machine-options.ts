/** Tokens are bytes or operations. What goes beyond waits. */
export interface TokenBucket {
  /** What the bucket holds, and so what may happen at once. */
  readonly size: number;
  /** Milliseconds in which an empty bucket is full again: the steady rate is `size / refillMs`. */
  readonly refillMs: number;
  /** More tokens, once, at the beginning. */
  readonly burst?: number;
}

export interface RateLimit {
  /** In bytes. */
  readonly bandwidth?: TokenBucket;
  readonly operations?: TokenBucket;
}

export interface NetworkRateLimits {
  /** What the guest receives. */
  readonly receive?: RateLimit;
  readonly send?: RateLimit;
}

/** Templates that Firecracker knows by name (docs/cpu_templates/cpu-templates.md): which features guests see. */
export const staticCpuTemplates = ['C3', 'T2', 'T2S', 'T2CL', 'T2A', 'V1N1'] as const;

/** One of {@link staticCpuTemplates}, or a template of one's own as Firecracker's `PUT /cpu-config` takes it. */
export type CpuTemplate = (typeof staticCpuTemplates)[number] | { readonly custom: Readonly<Record<string, unknown>> };

/** Takes memory back from a running guest. */
export interface BalloonSpec {
  readonly amountMiB: number;
  /** The guest gets memory back when it has none left. */
  readonly deflateOnOom: boolean;
  /** Seconds between two looks into the guest; absent or 0: none, and no {@link MachineFacts.balloon}. */
  readonly statsIntervalS?: number;
}

/** Data that the guest gets by HTTP from a link-local address, with a session token (Firecracker's MMDS, version 2). */
export interface MetadataSpec {
  readonly content: Readonly<Record<string, unknown>>;
  /** 169.254.169.254 by default. */
  readonly address?: string;
}

/** The kernel's root is the first drive. */
export interface RootDriveSpec {
  /** The kernel finds it by the UUID of this partition instead of by the drive's name. */
  readonly partuuid?: string;
}

/** What a {@link MachineSpec} may ask for that not every driver has; one that lacks it says so (VM_UNSUPPORTED). */
export type MachineOption =
  /** {@link MachineSpec.cpuTemplate}. */
  | 'cpu-template'
  /** {@link MachineSpec.smt}. */
  | 'smt'
  /** {@link MachineSpec.hugePages}. */
  | 'huge-pages'
  /** {@link MachineSpec.balloon}. */
  | 'balloon'
  /** {@link MachineSpec.entropyRateLimit}. */
  | 'entropy-rate-limit'
  /** {@link MachineSpec.metadata}. */
  | 'metadata'
  /** {@link MachineSpec.metrics}. */
  | 'metrics'
  /** {@link MachineSpec.rootDrive}. */
  | 'root-drive'
  /** {@link MachineSpec.networkRateLimits}. */
  | 'network-rate-limits'
  /** {@link DriveSpec.rateLimit}. */
  | 'drive-rate-limit'
  /** {@link DriveSpec.ioEngine}. */
  | 'io-engine';
