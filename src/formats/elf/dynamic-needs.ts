import { cString, type ElfFile, elfBytes } from './elf.ts';

/** What the dynamic linker is to bring for a program or library (ld.so(8)). */
export interface DynamicNeeds {
  /** DT_NEEDED, such as `libc.so.6`, in order. */
  readonly libraries: readonly string[];
  /** PT_INTERP, such as `/lib64/ld-linux-x86-64.so.2`; absent in libraries and static programs. */
  readonly interpreter?: string;
}

const ptDynamic = 2;
const ptInterp = 3;
const ptLoad = 1;
const dtNull = 0n;
const dtNeeded = 1n;
const dtStrtab = 5n;
/** No program needs more; a table without its end is not followed for ever. */
const maxNeeded = 1024;

/** Reads the dynamic section, without running anything. Throws ELF_INVALID. */
export function readDynamicNeeds(elf: ElfFile, name: string): DynamicNeeds {
  const segment = elf.segments.find(({ type }) => type === ptDynamic);
  const interp = elf.segments.find(({ type }) => type === ptInterp);
  const interpreter = interp === undefined ? undefined : cString(elf.bytes, interp.offset);
  const needed: number[] = [];
  let strings: number | undefined;
  if (segment !== undefined) {
    const bytes = elfBytes(elf, { offset: segment.offset, size: segment.fileSize }, name);
    for (let at = 0; at + 16 <= bytes.length; at += 16) {
      const tag = bytes.readBigInt64LE(at);
      if (tag === dtNull || needed.length > maxNeeded) break;
      const value = Number(bytes.readBigUInt64LE(at + 8));
      if (tag === dtNeeded) needed.push(value);
      if (tag === dtStrtab) strings = fileOffset(elf, value);
    }
  }
  const libraries = strings === undefined ? [] : needed.map((offset) => cString(elf.bytes, strings + offset));
  return { libraries, ...(interpreter === undefined ? {} : { interpreter }) };
}

function fileOffset(elf: ElfFile, virtualAddress: number): number | undefined {
  const segment = elf.segments.find(
    ({ type, virtualAddress: start, fileSize }) =>
      type === ptLoad && virtualAddress >= start && virtualAddress < start + fileSize,
  );
  return segment === undefined ? undefined : segment.offset + (virtualAddress - segment.virtualAddress);
}
