import type { Digest } from '../base/digest.ts';
import type { FirekilnError } from '../base/errors/firekiln-error.ts';
import type { Emitter } from '../base/events.ts';

/**
 * The contract of an executor: it runs the commands of consecutive RUN steps over a parent chain and gives back one
 * layer per step. Nothing of the host is visible to a step but what the request names.
 */
export interface Executor {
  readonly name: 'appliance' | 'in-place' | 'fake';
  run(request: ExecRequest): Promise<ExecResult>;
}

export interface ExecRequest {
  /** Read-only ext4 images from the bottom up; together the file system that the first step sees. */
  readonly segments: readonly ExecSegment[];
  /** The chain that the segments are made of, as diffIDs from the bottom up: steps' layers say what changed in it. */
  readonly parent: readonly Digest[];
  readonly steps: readonly ExecStep[];
  readonly resources: { readonly vcpus: number; readonly memoryMiB: number; readonly scratchMiB: number };
  /** Seconds since the epoch: later times of files become this one in the layers (SOURCE_DATE_EPOCH). */
  readonly clampTime?: number | undefined;
  readonly emitter: Emitter;
  readonly signal?: AbortSignal | undefined;
  /**
   * Told when a step's command starts and when it has ended, whatever its exit code. The executor emits the output
   * (`node.log`), but no other node event: whoever asked for the run speaks for its nodes.
   */
  readonly onStep?: ((node: string, state: 'started' | 'ended') => void) | undefined;
}

export interface ExecSegment {
  readonly key: Digest;
  readonly path: string;
}

export interface ExecStep {
  /** The graph node, for events. */
  readonly node: string;
  /** The argument vector; never empty. */
  readonly args: readonly string[];
  /** `NAME=value`. */
  readonly env: readonly string[];
  /** Absolute; made if it is missing, as BuildKit does. */
  readonly cwd: string;
  /** `user[:group]` by name or number, resolved against the guest's own files; empty for root. */
  readonly user: string;
  readonly network: 'default' | 'none';
  readonly hostname: string;
  readonly extraHosts: readonly { readonly host: string; readonly address: string }[];
  readonly mounts: readonly ExecMount[];
  /** Files that the shell form of a heredoc needs; mounted read-only for the step. */
  readonly files: readonly { readonly path: string; readonly data: Uint8Array; readonly mode: number }[];
  /** `insecure` keeps all capabilities. */
  readonly security: 'sandbox' | 'insecure';
  /** In bytes, of /dev/shm. */
  readonly shmSize?: number;
}

export type ExecMount =
  | {
      readonly type: 'bind';
      readonly target: string;
      readonly source: string;
      /** The chain that holds the source. */
      readonly segments: readonly ExecSegment[];
      /** Writes are allowed and thrown away. */
      readonly writable: boolean;
    }
  | {
      readonly type: 'cache';
      readonly target: string;
      /** The ext4 image that persists; locked by the caller for the time of the run. */
      readonly imagePath: string;
      readonly readOnly: boolean;
      /** What is mounted of the cache, `/` for all of it. */
      readonly source: string;
      /** How `source` is made where it is not there. */
      readonly made?: { readonly mode: number; readonly uid: number; readonly gid: number };
      /** The chain that the cache began as, the same each time: the image holds what has changed since. Empty for nothing. */
      readonly from: readonly ExecSegment[];
    }
  | { readonly type: 'tmpfs'; readonly target: string; readonly sizeBytes?: number; readonly readOnly?: boolean }
  | {
      readonly type: 'secret';
      /** Absent where only `env` is asked for. */
      readonly target?: string;
      readonly env?: string;
      readonly data: Uint8Array;
      readonly mode: number;
      readonly uid: number;
      readonly gid: number;
    }
  | {
      readonly type: 'ssh';
      /** Absent: a socket that only SSH_AUTH_SOCK names. */
      readonly target?: string;
      /** The agent's socket on the host. */
      readonly agentSocket: string;
      readonly mode: number;
      readonly uid: number;
      readonly gid: number;
    };

export interface ExecResult {
  /** One for each step that ended with exit code 0, in order. */
  readonly steps: readonly ExecStepResult[];
  /** The step after those, if it failed; later steps did not run. */
  readonly failed?: ExecStepFailure;
}

export interface ExecStepResult {
  /** The layer of what the step changed, an empty tar if nothing. */
  readonly diffId: Digest;
  readonly durationMs: number;
}

export interface ExecStepFailure {
  /** As docker has it: 128 and the number of the signal that ended the command, 126 and 127 if it can't be run. */
  readonly exitCode: number;
  /** Set if the command was not started: its user is unknown, a mount is impossible. The exit code is 125 then. */
  readonly error?: FirekilnError;
  /** For people: what to do about it, where that is known (memory or the scratch disk ran out). */
  readonly hint?: string;
  /** The kernel's out-of-memory killer ended something of the step. */
  readonly oomKilled: boolean;
  /** The last lines of standard output and error, in the order they came. */
  readonly lastLines: readonly string[];
  readonly durationMs: number;
}
