import { join } from 'node:path';
import type { MachineSpec } from '../driver.ts';
import type { SnapshotLoadParams } from './api/api-types.ts';
import { type ApiVersion, isAtLeast } from './api/api-version.ts';
import { cardId } from './configuration.ts';
import { snapshotFiles } from './snapshot-files.ts';
import type { VmmPlace } from './vmm-place.ts';

/** A snapshot's files, as the VMM names them. */
export interface SeenSnapshot {
  readonly memory: string;
  readonly state: string;
}

export async function exposeSnapshot(place: VmmPlace, folder: string): Promise<SeenSnapshot> {
  const expose = async (file: string) =>
    await place.expose(join(folder, file), { name: `restored-${file}`, readOnly: true, isLent: true });
  return { memory: await expose(snapshotFiles.memory), state: await expose(snapshotFiles.state) };
}

/** The body of `PUT /snapshot/load`: the machine stands still afterwards. */
export function loadRequest(
  { network, trackChanges }: MachineSpec,
  { memory, state }: SeenSnapshot,
  version: ApiVersion,
): SnapshotLoadParams {
  return {
    snapshot_path: state,
    mem_backend: { backend_type: 'File', backend_path: memory },
    resume_vm: false,
    ...(trackChanges === true
      ? { [isAtLeast(version, '1.13') ? 'track_dirty_pages' : 'enable_diff_snapshots']: true }
      : {}),
    ...(network?.kind === 'tap' ? { network_overrides: [{ iface_id: cardId, host_dev_name: network.tapName }] } : {}),
  };
}
