import { FirekilnError } from '../../base/errors/firekiln-error.ts';
import { runProcess } from '../../base/process.ts';

/** Tells the format of the snapshots that a Firecracker reads and writes, such as `6.0.0`; it is asked once. */
export function snapshotFormatOf(binary: string): () => Promise<string> {
  let format: string | undefined;
  return async () => {
    format ??= await readSnapshotFormat(binary);
    return format;
  };
}

async function readSnapshotFormat(binary: string): Promise<string> {
  const { stdout } = await runProcess(binary, { args: ['--snapshot-version'], timeoutMs: 30_000 });
  const format = /^v?(\d+\.\d+\.\d+)$/m.exec(stdout.toString())?.[1];
  if (format !== undefined) return format;
  throw new FirekilnError('SNAPSHOT_INCOMPATIBLE', `${binary} does not say which snapshots it reads`);
}
