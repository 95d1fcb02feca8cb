import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { FirekilnError } from '../../base/errors/firekiln-error.ts';
import { runProcess } from '../../base/process.ts';
import { systemCode } from '../../base/system-error.ts';
import type { MachineSpec } from '../driver.ts';
import type { SnapshotFacts, SnapshotOptions } from '../machine-controls.ts';
import type { FirecrackerApi } from './api/firecracker-api.ts';
import { createOutput } from './create-output.ts';
import { readSnapshotFacts, type SnapshotVmm, snapshotFiles, writeSnapshotFacts } from './snapshot-files.ts';
import type { VmmPlace } from './vmm-place.ts';

/** Memory is written to a disk that may be slow. */
const deadlineMs = 600_000;

export interface TakeSnapshot extends SnapshotOptions {
  readonly spec: MachineSpec;
  readonly api: FirecrackerApi;
  readonly place: VmmPlace;
  readonly vmm: SnapshotVmm;
  /** The snapshot that changes are counted from. */
  readonly lastId: string | undefined;
}

/** Of a paused machine. See {@link Machine.snapshot}. */
export async function takeSnapshot(options: TakeSnapshot): Promise<SnapshotFacts> {
  const { folder, base, spec, api, place, vmm, lastId, signal } = options;
  if (base !== undefined) await requireBase(base, spec, lastId);
  try {
    await mkdir(folder, { mode: 0o700 });
  } catch (error) {
    if (systemCode(error) !== 'EEXIST') throw error;
    throw new FirekilnError('SNAPSHOT_REFUSED', `no snapshot of the machine ${spec.id}: ${folder} is there already`);
  }
  try {
    const memory = await createOutput(place, join(folder, snapshotFiles.memory));
    const state = await createOutput(place, join(folder, snapshotFiles.state));
    // Firecracker writes changes into a file that is there already and has the size of the memory.
    if (base !== undefined) await copySparse(join(base, snapshotFiles.memory), memory.path.host, signal);
    const files = {
      mem_file_path: memory.path.vmm,
      snapshot_path: state.path.vmm,
      snapshot_type: base === undefined ? ('Full' as const) : ('Diff' as const),
    };
    await api.put('PUT /snapshot/create', files, { deadlineMs, signal });
    await memory.take();
    await state.take();
    return await writeSnapshotFacts(folder, spec, vmm);
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

async function requireBase(base: string, spec: MachineSpec, lastId: string | undefined): Promise<void> {
  const refused = (why: string) =>
    new FirekilnError('SNAPSHOT_REFUSED', `no snapshot of the machine ${spec.id} on top of ${base}: ${why}`);
  if (spec.trackChanges !== true) throw refused('its changes are not tracked');
  const { id } = await readSnapshotFacts(base);
  if (id !== lastId) throw refused('that is not the snapshot it was made from or that was made of it last');
}

async function copySparse(from: string, to: string, signal: AbortSignal | undefined): Promise<void> {
  await runProcess('cp', { args: ['--reflink=auto', '--sparse=auto', '--no-preserve=all', from, to], signal });
}
