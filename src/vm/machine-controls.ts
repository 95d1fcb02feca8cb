import type { NetworkRateLimits, RateLimit } from './machine-options.ts';

/** What can be changed of a running machine; what is absent stays as it is. */
export interface MachineChange {
  readonly balloon?: { readonly amountMiB?: number; readonly statsIntervalS?: number };
  /** By the drive's id. */
  readonly driveRateLimits?: Readonly<Record<string, RateLimit>>;
  readonly networkRateLimits?: NetworkRateLimits;
  /** Replaces the metadata, or merges into it (RFC 7396, JSON Merge Patch). */
  readonly metadata?: { readonly replace: JsonObject } | { readonly merge: JsonObject };
}

/** What the VMM tells of a running machine. */
export interface MachineFacts {
  /** The VMM's name and version. */
  readonly vmm: { readonly name: string; readonly version: string };
  /** The machine as the VMM has it, in the VMM's own words. */
  readonly configuration: JsonObject;
  /** Only with a balloon that looks into the guest; fields are named by the VMM. */
  readonly balloon?: JsonObject;
  readonly metadata?: JsonObject;
  /** Only if the machine was made with `metrics`: the newest records, the oldest first, one of just now the last. */
  readonly metrics?: readonly JsonObject[];
}

export type JsonObject = Readonly<Record<string, unknown>>;

export interface SnapshotOptions {
  /** A folder that must not be there yet: made with mode 0700, the files in it with 0600, for they hold the guest's memory. */
  readonly folder: string;
  /**
   * Whether secrets are in the guest's memory, such as a mounted secret or a key that was handed in: then no snapshot is
   * made (SNAPSHOT_REFUSED). Only the caller knows.
   */
  readonly holdsSecrets: boolean;
  /**
   * The folder of the snapshot that this machine was made from or made last: only memory that changed since is written, on
   * top of a copy of that one's, so the new snapshot is complete all the same. Needs `trackChanges`.
   */
  readonly base?: string;
  readonly signal?: AbortSignal;
}

/** The file `snapshot.json` beside a snapshot's memory and devices. */
export interface SnapshotFacts {
  readonly id: string;
  readonly driver: string;
  readonly vmm: {
    readonly name: string;
    readonly version: string;
    readonly format: string;
    /** A jailed machine goes on in a jail only, and one without in none. */
    readonly isJailed: boolean;
  };
  /** Milliseconds since the epoch: the guest's clock stands there. */
  readonly takenAt: number;
  readonly vcpus: number;
  readonly memoryMiB: number;
  readonly drives: readonly { readonly id: string; readonly readOnly: boolean; readonly size: number }[];
  /** The MAC address of the network card, if there is one. */
  readonly mac?: string;
  readonly hasMetadata: boolean;
}

/** A machine that goes on where a snapshot was taken, instead of booting. */
export interface RestoreSpec {
  /** A snapshot's folder, which must stay as it is as long as the machine runs. */
  readonly folder: string;
  /** The guest stands still after the start, until it is resumed. */
  readonly paused?: boolean;
}
