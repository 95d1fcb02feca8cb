/*
 * Access control lists have two forms: the one of `getxattr` and of archives (version 2, 8 bytes an entry) and the
 * one on an ext4 disk (version 1, 4 bytes an entry that names no user or group, else 8). Both little-endian.
 */

const archiveVersion = 2;
const diskVersion = 1;
const tags = { userObject: 0x01, user: 0x02, groupObject: 0x04, group: 0x08, mask: 0x10, other: 0x20 } as const;
const noId = 0xffffffff;

/** The disk form of a list in archive form; undefined if the bytes are no such list. */
export function encodeAcl(archive: Uint8Array): Uint8Array | undefined {
  const view = viewOf(archive);
  if (archive.length < 4 || (archive.length - 4) % 8 !== 0 || view.getUint32(0, true) !== archiveVersion) {
    return undefined;
  }
  const disk = new DataView(new ArrayBuffer(archive.length));
  disk.setUint32(0, diskVersion, true);
  let at = 4;
  for (let from = 4; from < archive.length; from += 8) {
    const tag = view.getUint16(from, true);
    if (!isTag(tag)) return undefined;
    disk.setUint16(at, tag, true);
    disk.setUint16(at + 2, view.getUint16(from + 2, true), true);
    at += 4;
    if (!hasId(tag)) continue;
    disk.setUint32(at, view.getUint32(from + 4, true), true);
    at += 4;
  }
  return new Uint8Array(disk.buffer, 0, at);
}

/** The archive form of a list in disk form; undefined if the bytes are no such list. */
export function decodeAcl(disk: Uint8Array): Uint8Array | undefined {
  const view = viewOf(disk);
  if (disk.length < 4 || view.getUint32(0, true) !== diskVersion) return undefined;
  const archive = new DataView(new ArrayBuffer(4 + 8 * Math.floor((disk.length - 4) / 4)));
  archive.setUint32(0, archiveVersion, true);
  let to = 4;
  for (let at = 4; at < disk.length; to += 8) {
    if (at + 4 > disk.length) return undefined;
    const tag = view.getUint16(at, true);
    if (!isTag(tag) || (hasId(tag) && at + 8 > disk.length)) return undefined;
    archive.setUint16(to, tag, true);
    archive.setUint16(to + 2, view.getUint16(at + 2, true), true);
    archive.setUint32(to + 4, hasId(tag) ? view.getUint32(at + 4, true) : noId, true);
    at += hasId(tag) ? 8 : 4;
  }
  return new Uint8Array(archive.buffer, 0, to);
}

function hasId(tag: number): boolean {
  return tag === tags.user || tag === tags.group;
}

function isTag(tag: number): boolean {
  return Object.values<number>(tags).includes(tag);
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
