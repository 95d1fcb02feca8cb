import { readdir, readFile, readlink } from 'node:fs/promises';

/** proc(5), /proc/net/tcp: the state LISTEN. */
const listening = '0A';

/** `nginx (pid 17)`: who listens on a TCP port of this host; undefined if that can't be told, as of other users. */
export async function findPortOwner(port: number): Promise<string | undefined> {
  const inodes = new Set<string>();
  for (const file of ['/proc/net/tcp', '/proc/net/tcp6']) {
    const text = await readFile(file, 'latin1').catch(() => '');
    for (const line of text.split('\n').slice(1)) {
      const [, local = '', , state, , , , , , inode] = line.trim().split(/\s+/);
      const hex = local.split(':').at(-1) ?? '';
      if (state === listening && Number.parseInt(hex, 16) === port && inode !== undefined) inodes.add(inode);
    }
  }
  if (inodes.size === 0) return undefined;
  for (const pid of await readdir('/proc')) {
    if (!/^[0-9]+$/.test(pid)) continue;
    const links = await readdir(`/proc/${pid}/fd`).catch(() => []);
    for (const link of links) {
      const target = await readlink(`/proc/${pid}/fd/${link}`).catch(() => '');
      const inode = /^socket:\[([0-9]+)\]$/.exec(target)?.[1];
      if (inode === undefined || !inodes.has(inode)) continue;
      const name = await readFile(`/proc/${pid}/comm`, 'utf8').catch(() => 'a process');
      return `${name.trim()} (pid ${pid})`;
    }
  }
  return undefined;
}
