import { byteStringFromText } from '../../base/byte-string.ts';
import type { InodeMeta } from '../../formats/tree/entry.ts';
import { ownerId } from '../../graph/owner-id.ts';
import type { treePath } from './paths.ts';
import { resolveInTree } from './resolve.ts';

export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

/** Where names are looked up: the file system as it is at this step. */
export interface UserDatabase {
  lookup(path: ReturnType<typeof treePath>): InodeMeta | undefined;
  /** The whole of a regular file; throws LIMIT_EXCEEDED above `maxBytes`. */
  readFile(path: ReturnType<typeof treePath>, maxBytes: number): Promise<Buffer>;
}

/** A passwd or group file larger than this is not one. */
const maxUserFileBytes = 8 << 20;
const maxId = 2 ** 32 - 1;

/**
 * The owner that `user[:group]` names, as BuildKit has it: numbers are taken as they are, a user's number alone is its
 * group too; names are looked up in /etc/passwd and /etc/group; a name that is not there (or a file that is not) leaves
 * 0, or for a group the user's own.
 */
export async function resolveOwner(text: string, database: UserDatabase): Promise<Owner> {
  const colon = text.indexOf(':');
  const user = colon === -1 ? text : text.slice(0, colon);
  const group = colon === -1 ? '' : text.slice(colon + 1);
  const owner = { uid: 0, gid: 0 };
  if (user !== '') {
    const id = ownerId(user);
    const found = id === undefined ? await findUser(user, database) : { uid: id, gid: id };
    if (found !== undefined) Object.assign(owner, found);
  }
  if (group !== '') {
    const gid = ownerId(group) ?? (await findGroup(group, database));
    if (gid !== undefined) owner.gid = gid;
  }
  return owner;
}

async function findUser(name: string, database: UserDatabase): Promise<Owner | undefined> {
  for (const [user, , uid, gid] of await records('/etc/passwd', database)) {
    if (user === name && isId(uid) && isId(gid)) return { uid: Number(uid), gid: Number(gid) };
  }
  return undefined;
}

async function findGroup(name: string, database: UserDatabase): Promise<number | undefined> {
  for (const [group, , gid] of await records('/etc/group', database)) {
    if (group === name && isId(gid)) return Number(gid);
  }
  return undefined;
}

function isId(text: string | undefined): text is string {
  return text !== undefined && /^\d+$/.test(text) && Number(text) <= maxId;
}

/** Lines of a colon-separated file, comments and blank lines left out; nothing where there is no such file. */
async function records(path: string, database: UserDatabase): Promise<string[][]> {
  const at = resolveInTree(byteStringFromText(path), {
    readLink: (link) => database.lookup(link)?.linkTarget,
    followLast: true,
  });
  if (database.lookup(at)?.kind !== 'file') return [];
  const text = (await database.readFile(at, maxUserFileBytes)).toString('utf8');
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => line.split(':').map((field) => field.trim()));
}
