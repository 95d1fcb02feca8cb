import { type ByteString, bytesOf, textOf } from '../../base/byte-string.ts';
import { FirekilnError } from '../../base/errors/firekiln-error.ts';

/**
 * One member of a cpio archive. Folders must come before what is in them: the kernel makes no missing parents
 * (Linux, Documentation/driver-api/early-userspace/buffer-format.rst).
 */
export interface CpioEntry {
  /** Without a slash at either end. */
  readonly path: ByteString;
  /** Permission, setuid, setgid and sticky bits. */
  readonly mode: number;
  readonly uid?: number;
  readonly gid?: number;
  /** Seconds since the epoch, 0 by default; 32 bits. */
  readonly mtimeSec?: number;
  readonly content:
    | { readonly kind: 'file'; readonly data: Uint8Array }
    | { readonly kind: 'directory' }
    | { readonly kind: 'symlink'; readonly target: ByteString }
    | { readonly kind: 'character'; readonly major: number; readonly minor: number };
}

/** Archives end at a multiple of this: several in a row are one initramfs. */
const blockBytes = 512;

const typeBits = { file: 0o100000, directory: 0o040000, symlink: 0o120000, character: 0o020000 } as const;

/** A "newc" archive (cpio(5)), deterministic: inode numbers count up, times are what the entries say. */
export function writeCpio(entries: Iterable<CpioEntry>): Buffer {
  const parts: Buffer[] = [];
  let size = 0;
  const push = (bytes: Uint8Array, alignment = 4) => {
    parts.push(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
    size += bytes.byteLength;
    const padding = (alignment - (size % alignment)) % alignment;
    if (padding > 0) parts.push(Buffer.alloc(padding));
    size += padding;
  };
  let inode = 0;
  for (const entry of entries) {
    const { content } = entry;
    const data = dataOf(content);
    push(
      header({
        inode: ++inode,
        mode: typeBits[content.kind] | entry.mode,
        uid: entry.uid ?? 0,
        gid: entry.gid ?? 0,
        links: content.kind === 'directory' ? 2 : 1,
        mtime: entry.mtimeSec ?? 0,
        size: data.byteLength,
        device: content.kind === 'character' ? content : undefined,
        path: entry.path,
      }),
    );
    if (data.byteLength > 0) push(data);
  }
  const trailer = { inode: 0, mode: 0, uid: 0, gid: 0, links: 1, mtime: 0, size: 0, device: undefined };
  push(header({ ...trailer, path: 'TRAILER!!!' as ByteString }), blockBytes);
  return Buffer.concat(parts, size);
}

interface HeaderFields {
  readonly inode: number;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly links: number;
  readonly mtime: number;
  readonly size: number;
  readonly device: { readonly major: number; readonly minor: number } | undefined;
  readonly path: ByteString;
}

function header(fields: HeaderFields): Buffer {
  const { path } = fields;
  if (path === '' || path.startsWith('/') || path.includes('\0')) {
    throw new FirekilnError('CPIO_INVALID', `cpio: ${JSON.stringify(textOf(path))} can not be the path of a member`);
  }
  const numbers = [
    fields.inode,
    fields.mode,
    fields.uid,
    fields.gid,
    fields.links,
    fields.mtime,
    fields.size,
    0,
    0,
    fields.device?.major ?? 0,
    fields.device?.minor ?? 0,
    path.length + 1,
    0,
  ];
  return Buffer.concat([Buffer.from(`070701${numbers.map((n) => hex(n, path)).join('')}`), bytesOf(path), nul]);
}

const nul = Buffer.alloc(1);

function hex(value: number, path: ByteString): string {
  if (!Number.isInteger(value) || value < 0 || value > 0xffff_ffff) {
    throw new FirekilnError('CPIO_INVALID', `cpio: ${textOf(path)}: ${value} does not fit into 32 bits`);
  }
  return value.toString(16).padStart(8, '0');
}

function dataOf(content: CpioEntry['content']): Uint8Array {
  switch (content.kind) {
    case 'file':
      return content.data;
    case 'symlink':
      return bytesOf(content.target);
    case 'directory':
    case 'character':
      return nul.subarray(1);
  }
}
