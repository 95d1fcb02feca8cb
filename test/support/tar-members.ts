import type { TarMember } from '../../src/formats/tar/tar-member.ts';
import { TarReader } from '../../src/formats/tar/tar-reader.ts';

/** All members of an archive, fed in chunks of the given size. */
export function membersOf(archive: Uint8Array, chunkBytes = archive.length): TarMember[] {
  const members: TarMember[] = [];
  const reader = new TarReader((member) => members.push(member));
  for (let at = 0; at < archive.length; at += chunkBytes) reader.push(archive.subarray(at, at + chunkBytes));
  reader.end();
  return members;
}

/** A file's bytes, holes as zeros. */
export function contentOf(archive: Uint8Array, member: TarMember): Buffer {
  const content = Buffer.alloc(member.size);
  for (const { fileOffset, length, blobOffset } of member.data) {
    content.set(archive.subarray(blobOffset, blobOffset + length), fileOffset);
  }
  return content;
}
