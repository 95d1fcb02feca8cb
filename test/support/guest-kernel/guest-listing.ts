import { readFileSync } from 'node:fs';
import { expect } from 'vitest';
import { digestOf } from '../bytes.ts';
import type { TreeFacts } from '../facts-of-tree.ts';

/** A script that writes to a disk, of every file of a folder: mode in hex, owner, group, time, size, links, device, name; then the digests of those that are small. */
export const listing = (output: string) => `
  find . -xdev -print0 | xargs -0 stat -c '%f %u %g %Y %s %h %t:%T %n' >/list
  find . -xdev -type f -size -4000k -print0 | xargs -0 sha256sum >>/list
  find . -xdev -type l -exec sh -c 'for i; do echo "-> $(readlink "$i") $i"; done' sh {} + >>/list
  echo 'end of list' >>/list
  cat /list >${output}
`;

export interface Listed {
  readonly mode: number;
  readonly owner: string;
  readonly time: number;
  readonly device: string;
  readonly size?: number;
  readonly links?: number;
  readonly content?: string;
}

const types = { directory: 4, file: 8, symlink: 10, character: 2, block: 6, fifo: 1, socket: 12 };

/** What should be listed of a tree: the root folder is left out, and so are the sizes of folders. */
export function expectedListing(facts: readonly TreeFacts[], withLinks: boolean): Map<string, Listed> {
  const names = new Map<string, number>();
  for (const { firstName } of facts) names.set(firstName, (names.get(firstName) ?? 0) + 1);
  const expected = new Map<string, Listed>();
  for (const {
    path,
    kind,
    mode,
    uid,
    gid,
    mtimeSec,
    size,
    deviceMajor,
    deviceMinor,
    linkTarget,
    sha256,
    firstName,
  } of facts) {
    if (path === '') continue;
    const content = kind === 'symlink' ? linkTarget : size === 0 && kind === 'file' ? digestOf('').slice(7) : sha256;
    expected.set(path, {
      mode: types[kind] * 0x1000 + mode,
      owner: `${uid}:${gid}`,
      time: mtimeSec,
      device: `${(deviceMajor ?? 0).toString(16)}:${(deviceMinor ?? 0).toString(16)}`,
      ...(kind === 'file' ? { size } : {}),
      ...(withLinks && kind !== 'directory' ? { links: names.get(firstName) ?? 0 } : {}),
      ...(content === undefined ? {} : { content }),
    });
  }
  return expected;
}

/** What {@link listing} wrote; without links also where the kernel gives other numbers of them. */
export function readListing(path: string, withLinks = true): Map<string, Listed> {
  const text = readFileSync(path, 'latin1');
  const end = text.indexOf('end of list');
  expect(end).toBeGreaterThan(0);
  const found = new Map<string, Listed>();
  for (const line of text.slice(0, end).split('\n')) {
    const stat = /^([0-9a-f]+) (\d+) (\d+) (-?\d+) (\d+) (\d+) ([0-9a-f]+:[0-9a-f]+) \.\/(.*)$/.exec(line);
    if (stat !== null) {
      const [, mode = '', uid, gid, time, size, links, device = '', name = ''] = stat;
      const type = Number.parseInt(mode, 16) >>> 12;
      found.set(name, {
        mode: Number.parseInt(mode, 16),
        owner: `${uid}:${gid}`,
        time: Number(time),
        device,
        ...(type === types.file ? { size: Number(size) } : {}),
        ...(withLinks && type !== types.directory ? { links: Number(links) } : {}),
      });
    }
    const content = /^([0-9a-f]{64}) {2}\.\/(.*)$/.exec(line) ?? /^-> (.*) \.\/(.*)$/.exec(line);
    const entry = found.get(content?.[2] ?? '');
    if (content !== null && entry !== undefined) found.set(content[2] ?? '', { ...entry, content: content[1] ?? '' });
  }
  return found;
}
