import { rm } from 'node:fs/promises';
import { cloneFile } from '../../base/clone-file.ts';
import { sha256 } from '../../base/digest.ts';
import { writeExt4File } from '../../images/ext4-file.ts';
import { emptySource } from '../../images/segments/segment-source.ts';
import type { VmFolder } from '../record/vm-folder.ts';
import type { VmRecord } from '../record/vm-record.ts';

/** Makes what the VM writes to: a sparse disk that dies with it, so it has no journal, or a clone of the flat root. */
export async function makeDisks(record: VmRecord, folder: VmFolder, signal: AbortSignal): Promise<void> {
  const { root, id, scratchMiB, segments } = record;
  if (root === 'layered') {
    const size = scratchMiB * 1024 * 1024;
    await writeExt4File(emptySource, folder.scratch, {
      identity: sha256(`scratch of ${id}`),
      label: 'scratch',
      writable: { size, journal: false, growTo: size },
    });
    return;
  }
  const [flat] = segments;
  if (flat === undefined) throw new Error(`the record of the VM ${id} names no root file system`);
  await cloneFile(flat.path, folder.rootDisk, signal);
}

export async function removeDisks(folder: VmFolder): Promise<void> {
  for (const path of [folder.scratch, folder.rootDisk]) await rm(path, { force: true });
}
