import { FirekilnError } from '../../base/errors/firekiln-error.ts';

/** A part of an ELF file that is loaded or read by the system (elf(5), Elf64_Phdr). */
export interface ElfSegment {
  readonly type: number;
  readonly offset: number;
  readonly virtualAddress: number;
  readonly physicalAddress: number;
  readonly fileSize: number;
  readonly memorySize: number;
}

export interface ElfSection {
  readonly name: string;
  readonly type: number;
  readonly offset: number;
  readonly size: number;
  readonly link: number;
}

/** The tables of a 64-bit little-endian ELF file. */
export interface ElfFile {
  readonly bytes: Buffer;
  /** elf(5) e_type: 1 relocatable, 2 executable, 3 shared. */
  readonly type: number;
  /** elf(5) e_machine: 62 is x86-64, 183 is AArch64. */
  readonly machine: number;
  readonly segments: readonly ElfSegment[];
  /** Empty if the file has no section table. */
  readonly sections: readonly ElfSection[];
}

/** More entries of a table than any program or module has. */
const maxTableEntries = 65_536;
const maxNameBytes = 4096;

export function isElf(bytes: Uint8Array): boolean {
  return bytes.length >= 64 && bytes[0] === 0x7f && bytes[1] === 0x45 && bytes[2] === 0x4c && bytes[3] === 0x46;
}

/** Throws ELF_INVALID, with `name` in the message, for anything else and for tables that leave the file. */
export function readElf(data: Uint8Array, name: string): ElfFile {
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  if (!isElf(bytes)) throw invalid(name, 'it does not start with an ELF header');
  if (bytes[4] !== 2 || bytes[5] !== 1) throw invalid(name, 'it is not a 64-bit little-endian file');
  const segments = table(bytes, name, { offset: u64(bytes, 32, name), size: 54, count: 56, least: 56 }, (at) => ({
    type: bytes.readUInt32LE(at),
    offset: u64(bytes, at + 8, name),
    virtualAddress: address(bytes, at + 16),
    physicalAddress: address(bytes, at + 24),
    fileSize: u64(bytes, at + 32, name),
    memorySize: u64(bytes, at + 40, name),
  }));
  const headers = table(bytes, name, { offset: u64(bytes, 40, name), size: 58, count: 60, least: 64 }, (at) => ({
    nameOffset: bytes.readUInt32LE(at),
    type: bytes.readUInt32LE(at + 4),
    offset: u64(bytes, at + 24, name),
    size: u64(bytes, at + 32, name),
    link: bytes.readUInt32LE(at + 40),
  }));
  const names = headers[bytes.readUInt16LE(62)];
  const sections = headers.map(({ nameOffset, ...section }) => ({
    ...section,
    name: names === undefined ? '' : cString(bytes, names.offset + nameOffset),
  }));
  return { bytes, type: bytes.readUInt16LE(16), machine: bytes.readUInt16LE(18), segments, sections };
}

/** The bytes of a stretch of the file; throws ELF_INVALID where it leaves the file. */
export function elfBytes(elf: ElfFile, stretch: { offset: number; size: number }, name: string): Buffer {
  if (stretch.offset + stretch.size > elf.bytes.length) throw invalid(name, 'a section lies outside the file');
  return elf.bytes.subarray(stretch.offset, stretch.offset + stretch.size);
}

/** A zero-terminated string; what lies outside the file reads as its end. */
export function cString(bytes: Buffer, offset: number): string {
  if (offset >= bytes.length) return '';
  const end = bytes.subarray(offset, offset + maxNameBytes).indexOf(0);
  return bytes.toString('latin1', offset, end < 0 ? Math.min(offset + maxNameBytes, bytes.length) : offset + end);
}

function table<T>(
  bytes: Buffer,
  name: string,
  where: { readonly offset: number; readonly size: number; readonly count: number; readonly least: number },
  read: (at: number) => T,
): T[] {
  const size = bytes.readUInt16LE(where.size);
  const count = bytes.readUInt16LE(where.count);
  if (where.offset === 0 || count === 0) return [];
  if (size < where.least || count > maxTableEntries || where.offset + size * count > bytes.length) {
    throw invalid(name, 'a table lies outside the file');
  }
  return Array.from({ length: count }, (_, i) => read(where.offset + i * size));
}

function u64(bytes: Buffer, at: number, name: string): number {
  const value = bytes.readBigUInt64LE(at);
  if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw invalid(name, 'an offset or size is beyond 2^53');
  return Number(value);
}

/** Kernel addresses do not fit a double; only their order and small differences are of use to us. */
function address(bytes: Buffer, at: number): number {
  return Number(bytes.readBigUInt64LE(at));
}

function invalid(name: string, why: string): FirekilnError {
  return new FirekilnError('ELF_INVALID', `${name} is not a usable ELF file: ${why}`);
}
