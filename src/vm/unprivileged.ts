import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';

export interface Identity {
  readonly uid: number;
  readonly gid: number;
}

/** Ids that no user and no container has by the table of systemd (docs/UIDS-GIDS.md): 0x70000000 and above. */
const firstId = 0x7000_0000;
const idCount = 1 << 24;

/** The user and group of a machine's own, by its id: they own nothing else on this host. */
export function identityOf(machineId: string): Identity {
  const id = firstId + (createHash('sha256').update(machineId).digest().readUInt32BE() % idCount);
  return { uid: id, gid: id };
}

/**
 * As whom a VMM runs that root starts: a user of its own for each machine. Undefined for others than root, and where
 * such a user could not open /dev/kvm or does not exist (user namespaces).
 */
export async function unprivilegedIdentity(machineId: string, needsKvm: boolean): Promise<Identity | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const { uid } = identityOf(machineId);
  const gid = needsKvm ? await kvmGroup(uid) : uid;
  if (gid === undefined) return undefined;
  return (await isMapped('uid', uid)) && (await isMapped('gid', gid)) ? { uid, gid } : undefined;
}

/** A group whose members may open /dev/kvm. */
async function kvmGroup(otherwise: number): Promise<number | undefined> {
  const { mode, gid } = await stat('/dev/kvm');
  if ((mode & 0o006) === 0o006) return otherwise;
  return (mode & 0o060) === 0o060 && gid !== 0 ? gid : undefined;
}

/** user_namespaces(7): lines of first id inside, first id outside, count. */
async function isMapped(kind: 'uid' | 'gid', id: number): Promise<boolean> {
  const lines = (await readFile(`/proc/self/${kind}_map`, 'utf8')).trim().split('\n');
  return lines.some((line) => {
    const [inside = 0, , count = 0] = line.trim().split(/\s+/).map(Number);
    return id >= inside && id < inside + count;
  });
}
