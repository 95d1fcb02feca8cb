import { FirekilnError } from '../../base/errors/firekiln-error.ts';

export interface ResolvedUser {
  readonly uid: number;
  readonly gid: number;
  /** Supplementary groups, `gid` not among them. */
  readonly groups: readonly number[];
  readonly home: string;
}

const maxId = 4_294_967_294;

/**
 * The ids of `USER[:GROUP]` by the files of the image, as docker resolves them: names or numbers; a number needs no
 * entry; without GROUP the groups of the user's entries. Throws RUN_USER_UNKNOWN.
 */
export function resolveUser(spec: string, passwd: string, group: string): ResolvedUser {
  const colon = spec.indexOf(':');
  const userWord = (colon === -1 ? spec : spec.slice(0, colon)) || '0';
  const groupWord = colon === -1 ? '' : spec.slice(colon + 1);
  const users = readTable(passwd);
  const groups = readTable(group);
  const userEntry = users.find(([name]) => name === userWord) ?? users.find(([, , id]) => id === userWord);
  const uid = readId(userEntry?.[2] ?? userWord);
  if (uid === undefined) throw unknown('user', userWord, '/etc/passwd');
  const name = userEntry?.[0];
  const home = userEntry?.[5] || '/';
  if (groupWord !== '') {
    const entry = groups.find(([word]) => word === groupWord) ?? groups.find(([, , id]) => id === groupWord);
    const gid = readId(entry?.[2] ?? groupWord);
    if (gid === undefined) throw unknown('group', groupWord, '/etc/group');
    return { uid, gid, groups: [], home };
  }
  const gid = readId(userEntry?.[3] ?? '0') ?? 0;
  const others = groups
    .filter(([, , , members = '']) => name !== undefined && members.split(',').includes(name))
    .map(([, , id = '']) => readId(id))
    .filter((id) => id !== undefined && id !== gid);
  return { uid, gid, groups: [...new Set(others)].filter((id) => id !== undefined), home };
}

function readTable(text: string): string[][] {
  return text
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => line.trimEnd().split(':'));
}

function readId(text: string): number | undefined {
  if (!/^[0-9]{1,10}$/.test(text)) return undefined;
  const id = Number(text);
  return id <= maxId ? id : undefined;
}

function unknown(kind: string, word: string, file: string): FirekilnError {
  return new FirekilnError('RUN_USER_UNKNOWN', `the image has no ${kind} ${JSON.stringify(word)} in ${file}`, {
    hint: `Give a ${kind} of the image, or a number.`,
  });
}
