import type { ErrorCode } from '../../base/errors/codes.ts';
import type { ProcessConfig } from '../options/process-config.ts';
import type { VmState } from '../record/vm-state.ts';

/** The first message of a connection to a shim. */
export type Request =
  /** Boots the VM and starts the entrypoint; answered by `started`, and by `ended` if `attach` is there. */
  | { readonly op: 'start'; readonly process: ProcessConfig; readonly attach?: Attachment }
  /** Runs a further program; answered by `ended`. */
  | {
      readonly op: 'exec';
      readonly args: readonly string[];
      readonly env: readonly string[];
      readonly user?: string;
      readonly workdir?: string;
      readonly attach: Attachment;
    }
  /** Answered by `ended`, when nothing of the VM is left. */
  | { readonly op: 'wait' }
  /** To the entrypoint; answered by `done`. */
  | { readonly op: 'signal'; readonly signal: string }
  /** The stop signal, SIGKILL after `graceMs` (the VM's own time by default), and the end awaited; answered by `ended`. */
  | { readonly op: 'stop'; readonly signal?: string; readonly graceMs?: number }
  /** Answered by `state`. */
  | { readonly op: 'state' };

/** Who wants to see the output, and maybe to write the input. */
export interface Attachment {
  readonly stdin: boolean;
  readonly terminal?: TerminalSize & { readonly term: string };
}

export interface TerminalSize {
  readonly columns: number;
  readonly rows: number;
}

/** Further messages of one who is attached. */
export type Notice = { readonly op: 'signal'; readonly signal: string } | ({ readonly op: 'resize' } & TerminalSize);

export type Answer =
  | { readonly event: 'started'; readonly state: VmState }
  | { readonly event: 'ended'; readonly exitCode: number; readonly reason?: string; readonly lostBytes?: number }
  | { readonly event: 'state'; readonly state: VmState; readonly env: readonly string[] }
  | { readonly event: 'done' }
  | ({ readonly event: 'failed' } & Failure);

export interface Failure {
  readonly code: ErrorCode | undefined;
  readonly message: string;
  readonly hint?: string | undefined;
  readonly details?: readonly string[] | undefined;
  /** 125 where it says nothing. */
  readonly exitCode?: number | undefined;
}
