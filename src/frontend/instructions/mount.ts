import type { Token } from '../syntax/tree.ts';

export const mountTypes = ['bind', 'cache', 'tmpfs', 'secret', 'ssh'] as const;
export type MountType = (typeof mountTypes)[number];

export const sharingModes = ['shared', 'private', 'locked'] as const;
export type SharingMode = (typeof sharingModes)[number];

/** A `--mount` of RUN as written. */
export interface MountFlag {
  readonly value: string;
  readonly token: Token;
  /** The only part that is final before expansion, because stages depend on each other by it. */
  readonly from: string | undefined;
}

/** A `--mount` of RUN with its variables expanded. What was not given is undefined. */
export interface Mount {
  readonly type: MountType;
  /** A stage, an image or a named context. */
  readonly from: string | undefined;
  readonly source: string | undefined;
  readonly target: string | undefined;
  /** With the default of the type. */
  readonly readOnly: boolean;
  /** Of a cache, a secret or an SSH agent. */
  readonly id: string | undefined;
  readonly sharing: SharingMode | undefined;
  /** Of a tmpfs, in bytes. */
  readonly size: number | undefined;
  readonly required: boolean;
  /** The variable that a secret is put into; empty for one named as the secret. */
  readonly env: string | undefined;
  readonly mode: number | undefined;
  readonly uid: number | undefined;
  readonly gid: number | undefined;
}
