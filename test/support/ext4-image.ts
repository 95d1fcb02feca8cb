import { closeSync, ftruncateSync, openSync, writeSync } from 'node:fs';
import type { Ext4Options, Ext4Source, Ext4Summary } from '../../src/formats/ext4/writer/options.ts';
import { writeExt4 } from '../../src/formats/ext4/writer/write-ext4.ts';

export const anyIdentity = `sha256:${'0123456789abcdef'.repeat(4)}` as const;

/** Writes an image file, with the self-check. */
export async function writeImageFile(
  path: string,
  source: Ext4Source,
  options: Partial<Ext4Options> = {},
): Promise<Ext4Summary> {
  const fd = openSync(path, 'w');
  try {
    const sink = { write: (data: Uint8Array, position: number) => void writeSync(fd, data, 0, data.length, position) };
    const summary = await writeExt4(source, sink, { identity: anyIdentity, selfCheck: true, ...options });
    ftruncateSync(fd, summary.size);
    return summary;
  } finally {
    closeSync(fd);
  }
}
