import { randomUUID } from 'node:crypto';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { FirekilnError } from '../../base/errors/firekiln-error.ts';
import type { MachineSpec } from '../driver.ts';
import type { SnapshotFacts } from '../machine-controls.ts';

/** Files of a snapshot's folder. */
export const snapshotFiles = { memory: 'memory', state: 'state', facts: 'snapshot.json', lock: 'lock' } as const;

const maxFactsBytes = 1 << 20;

/** What of a snapshot is not in its machine's specification. */
export interface SnapshotVmm {
  readonly version: string;
  /** What `firecracker --snapshot-version` prints, such as `6.0.0`. */
  readonly format: string;
  /** A snapshot names its drives and sockets as the VMM did, and a jail has other names. */
  readonly isJailed: boolean;
}

export async function writeSnapshotFacts(folder: string, spec: MachineSpec, vmm: SnapshotVmm): Promise<SnapshotFacts> {
  const { vcpus, memoryMiB, network, metadata } = spec;
  const facts: SnapshotFacts = {
    id: randomUUID(),
    driver: 'firecracker',
    vmm: { name: 'Firecracker', ...vmm },
    takenAt: Date.now(),
    vcpus,
    memoryMiB,
    drives: await driveFacts(spec),
    hasMetadata: metadata !== undefined,
    ...(network === undefined ? {} : { mac: network.mac }),
  };
  const path = join(folder, snapshotFiles.facts);
  await writeFile(path, `${JSON.stringify(facts, null, 2)}\n`, { mode: 0o600, flush: true, flag: 'wx' });
  return facts;
}

/** The facts of a snapshot. Throws SNAPSHOT_INCOMPATIBLE for a folder that holds none. */
export async function readSnapshotFacts(folder: string): Promise<SnapshotFacts> {
  const path = join(folder, snapshotFiles.facts);
  try {
    if ((await stat(path)).size > maxFactsBytes) throw new Error('it is too large');
    const facts = JSON.parse(await readFile(path, 'utf8')) as SnapshotFacts;
    const isWhole =
      typeof facts.id === 'string' && Array.isArray(facts.drives) && typeof facts.vmm?.format === 'string';
    if (!isWhole) throw new Error('it lacks members');
    return facts;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new FirekilnError('SNAPSHOT_INCOMPATIBLE', `${folder} holds no snapshot: ${path}: ${why}`, { cause: error });
  }
}

/** Throws SNAPSHOT_INCOMPATIBLE, naming the difference, where a machine can't go on from a snapshot. */
export async function requireFitting(
  folder: string,
  facts: SnapshotFacts,
  spec: MachineSpec,
  vmm: Pick<SnapshotVmm, 'format' | 'isJailed'>,
): Promise<void> {
  const differs = (what: string, there: unknown, here: unknown) =>
    new FirekilnError(
      'SNAPSHOT_INCOMPATIBLE',
      `the snapshot ${folder} can't be loaded: its ${what} is ${show(there)}, here it is ${show(here)}`,
    );
  if (facts.driver !== 'firecracker') throw differs('driver', facts.driver, 'firecracker');
  if (!isReadable(facts.vmm.format, vmm.format)) {
    throw differs('format', `${facts.vmm.format} (Firecracker ${facts.vmm.version})`, vmm.format);
  }
  const drives = await driveFacts(spec);
  const pairs: [string, unknown, unknown][] = [
    ['VMM in a jail', facts.vmm.isJailed, vmm.isJailed],
    ['number of processors', facts.vcpus, spec.vcpus],
    ['memory in MiB', facts.memoryMiB, spec.memoryMiB],
    ['number of drives', facts.drives.length, drives.length],
    ...facts.drives.map((drive, i): [string, unknown, unknown] => [`drive ${i + 1}`, drive, drives[i]]),
    ['MAC address', facts.mac, spec.network?.mac],
    ['metadata service', facts.hasMetadata, spec.metadata !== undefined],
  ];
  for (const [what, there, here] of pairs) if (show(there) !== show(here)) throw differs(what, there, here);
  const { size } = await stat(join(folder, snapshotFiles.memory)).catch(() => ({ size: -1 }));
  const wanted = facts.memoryMiB * 1024 * 1024;
  if (size !== wanted) throw differs('memory file in bytes', size, wanted);
}

/** Only what changed the last number or added to it is understood (Firecracker, docs/snapshotting/versioning.md). */
function isReadable(written: string, own: string): boolean {
  const [major, minor = 0] = written.split('.').map(Number);
  const [ownMajor, ownMinor = 0] = own.split('.').map(Number);
  return major === ownMajor && minor <= ownMinor;
}

async function driveFacts({ drives }: MachineSpec): Promise<SnapshotFacts['drives']> {
  return await Promise.all(
    drives.map(async ({ id, path, readOnly }) => ({ id, readOnly, size: (await stat(path)).size })),
  );
}

function show(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? 'none');
}
