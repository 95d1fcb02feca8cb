import { constants, lstatSync, readlinkSync, type Stats } from 'node:fs';
import { type ByteString, byteStringFromText, bytesOf, textOf } from '../../base/byte-string.ts';
import type { Digest } from '../../base/digest.ts';
import type { FileKind } from '../../formats/tree/entry.ts';
import type { SourceNode } from '../file-source.ts';
import { contextChanged } from './context-error.ts';
import { digestHostFile, type FileDigests, type HostFile, readHostFile } from './host-file.ts';

/** A path of the host; bytes where it is not UTF-8. */
export type Place = string | Buffer;

export interface LocalNodeOptions {
  readonly digests: FileDigests;
  /** Modes and times as git knows them. */
  readonly normal?: { readonly mtimeSec: number };
}

const nsPerSec = 1_000_000_000n;
const isPlain = /^[\x20-\x7e]*$/;

/** Names that are not UTF-8 survive only as bytes. */
export function placeBelow(folder: Place, name: ByteString): Place {
  if (typeof folder === 'string') {
    if (isPlain.test(name)) return `${folder}/${name}`;
    const text = textOf(name);
    if (byteStringFromText(text) === name) return `${folder}/${text}`;
  }
  return Buffer.concat([Buffer.from(folder as string), Buffer.from('/'), bytesOf(name)]);
}

/**
 * What lstat(2) says of a path. A context may have a hundred thousand of them: there is one object for each, and little is
 * made before it is asked for. Exact times, which Node gives as bigints only, are of the second kind.
 */
export class LocalNode implements SourceNode, HostFile {
  readonly path: Place;
  readonly kind: FileKind;
  readonly mode: number;
  readonly size: number;
  readonly links: number;
  readonly device: number;
  readonly inode: number | bigint;
  readonly mtimeMs: number;
  readonly ctimeMs: number;
  declare readonly linkTarget?: ByteString;
  declare readonly deviceMajor?: number;
  declare readonly deviceMinor?: number;
  readonly #options: LocalNodeOptions;
  #mtimeNs: bigint | undefined;
  /** An ignore pattern matches it. */
  readonly ignored: boolean;
  /** Of the ignore patterns, for what is below. */
  readonly state: unknown;
  /** What is known of what is below; null where nothing is. */
  children: Map<ByteString, LocalNode | null> | undefined;
  /** Those of its names that are to be seen. */
  names: readonly ByteString[] | undefined;

  constructor(
    path: Place,
    stat: Stats,
    options: LocalNodeOptions,
    { ignored, state }: { readonly ignored: boolean; readonly state: unknown },
  ) {
    const { mode } = stat;
    this.path = path;
    this.kind = kindOf(mode);
    this.mode = options.normal === undefined ? mode & 0o7777 : normalMode(mode, this.kind);
    this.size = this.kind === 'file' ? stat.size : 0;
    this.links = stat.nlink;
    this.device = stat.dev;
    this.inode = Number.isSafeInteger(stat.ino) ? stat.ino : lstatSync(path, { bigint: true }).ino;
    this.mtimeMs = stat.mtimeMs;
    this.ctimeMs = stat.ctimeMs;
    this.#options = options;
    this.ignored = ignored;
    this.state = state;
    this.children = undefined;
    this.names = undefined;
    if (this.kind === 'file' || this.kind === 'directory') return;
    if (this.kind === 'symlink') this.linkTarget = readlinkSync(path, { encoding: 'latin1' }) as ByteString;
    if (this.kind !== 'character' && this.kind !== 'block') return;
    // gnu_dev_major and gnu_dev_minor of sys/sysmacros.h.
    const rdev = BigInt(stat.rdev);
    this.deviceMajor = Number(((rdev >> 8n) & 0xfffn) | ((rdev >> 32n) & 0xfffff000n));
    this.deviceMinor = Number((rdev & 0xffn) | ((rdev >> 12n) & 0xffffff00n));
  }

  /** As for every docker client. */
  get uid(): number {
    return 0;
  }

  get gid(): number {
    return 0;
  }

  get identity(): string {
    return `${this.device}:${this.inode}`;
  }

  get mtimeSec(): number {
    return this.#options.normal?.mtimeSec ?? Number(floorDivide(this.#exactTime(), nsPerSec));
  }

  get mtimeNsec(): number {
    if (this.#options.normal !== undefined) return 0;
    return Number(((this.#exactTime() % nsPerSec) + nsPerSec) % nsPerSec);
  }

  #exactTime(): bigint {
    this.#mtimeNs ??= readExactTime(this);
    return this.#mtimeNs;
  }

  read(signal?: AbortSignal): AsyncIterable<Uint8Array> {
    return readHostFile(this, this.#options.digests, signal);
  }

  async digest(signal?: AbortSignal): Promise<Digest> {
    return await digestHostFile(this, this.#options.digests, signal);
  }
}

/** Of what is still what it was when it was looked at; else CONTEXT_CHANGED is thrown. */
function readExactTime(file: HostFile): bigint {
  const stat = lstatSync(file.path, { bigint: true, throwIfNoEntry: false });
  if (stat === undefined || stat.ino !== BigInt(file.inode)) throw contextChanged(file.path);
  const sec = floorDivide(stat.mtimeNs, nsPerSec);
  // As Node makes milliseconds of a timespec.
  const mtimeMs = Number(sec) * 1000 + Number(stat.mtimeNs - sec * nsPerSec) / 1_000_000;
  if (mtimeMs !== file.mtimeMs) throw contextChanged(file.path);
  return stat.mtimeNs;
}

function normalMode(mode: number, kind: FileKind): number {
  return kind === 'directory' || (mode & 0o111) !== 0 ? 0o755 : 0o644;
}

// stat(2): S_IFMT and its values.
const kinds: ReadonlyMap<number, FileKind> = new Map([
  [constants.S_IFDIR, 'directory'],
  [constants.S_IFREG, 'file'],
  [constants.S_IFLNK, 'symlink'],
  [constants.S_IFCHR, 'character'],
  [constants.S_IFBLK, 'block'],
  [constants.S_IFIFO, 'fifo'],
  [constants.S_IFSOCK, 'socket'],
]);

function kindOf(mode: number): FileKind {
  const kind = kinds.get(mode & constants.S_IFMT);
  if (kind === undefined) throw new Error(`unknown file type in mode ${mode.toString(8)}`);
  return kind;
}

function floorDivide(a: bigint, b: bigint): bigint {
  const quotient = a / b;
  return a % b < 0n ? quotient - 1n : quotient;
}
