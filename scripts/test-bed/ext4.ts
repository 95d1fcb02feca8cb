import { findProgram } from '../../src/base/find-program.ts';
import { runProcess } from '../../src/base/process.ts';

/** An ext4 image of a folder, `sizeMiB` large and sparse. */
export async function writeExt4(folder: string, target: string, sizeMiB: number): Promise<void> {
  await runProcess((await findProgram('mke2fs')) ?? 'mke2fs', {
    args: ['-q', '-t', 'ext4', '-O', '^has_journal', '-E', 'lazy_itable_init=1', '-d', folder, target, `${sizeMiB}M`],
    timeoutMs: 300_000,
  });
}
