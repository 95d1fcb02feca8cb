import type { ByteString } from '../../base/byte-string.ts';
import type { DataExtent, FileKind } from '../tree/entry.ts';

/** One entry of a tar archive, its extended headers applied. What it means is for others: paths are as they stand. */
export interface TarMember {
  /** May be empty, absolute, hold `..`, or end with a slash. */
  readonly path: ByteString;
  readonly kind: TarKind;
  /** The header's type flag, a byte. */
  readonly typeFlag: number;
  /** 0 to 0o7777. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly mtimeSec: number;
  readonly mtimeNsec: number;
  /** Of a file, holes included; 0 for every other kind. */
  readonly size: number;
  /** Of a symlink and of a hard link. */
  readonly linkTarget: ByteString | undefined;
  readonly deviceMajor: number;
  readonly deviceMinor: number;
  readonly xattrs: ReadonlyMap<ByteString, Uint8Array> | undefined;
  /** Of a file; positions in the archive. */
  readonly data: readonly DataExtent[];
  /** Position in the archive of the entry's first header, in bytes. */
  readonly offset: number;
}

export type TarKind = Exclude<FileKind, 'socket'> | 'hard-link' | 'unknown';
