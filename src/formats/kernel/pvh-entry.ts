import { type ElfFile, elfBytes } from '../elf/elf.ts';

const ptNote = 4;
/** xen/include/public/elfnote.h, XEN_ELFNOTE_PHYS32_ENTRY. */
const phys32Entry = 18;

/**
 * True if a VMM can start the uncompressed kernel by itself (Linux CONFIG_PVH; Xen's docs/misc/pvh.pandoc): the guest then
 * unpacks nothing. Throws ELF_INVALID.
 */
export function hasPvhEntry(vmlinux: ElfFile, name: string): boolean {
  return vmlinux.segments.some((segment) => {
    if (segment.type !== ptNote) return false;
    const notes = elfBytes(vmlinux, { offset: segment.offset, size: segment.fileSize }, name);
    // elf(5), Elf64_Nhdr: sizes of name and content, type, then both padded to 4 bytes.
    for (let at = 0; at + 12 <= notes.length; ) {
      const nameSize = notes.readUInt32LE(at);
      const contentSize = notes.readUInt32LE(at + 4);
      const owner = notes.toString('latin1', at + 12, at + 12 + nameSize);
      if (owner === 'Xen\0' && notes.readUInt32LE(at + 8) === phys32Entry) return true;
      at += 12 + padded(nameSize) + padded(contentSize);
    }
    return false;
  });
}

function padded(size: number): number {
  return (size + 3) & ~3;
}
