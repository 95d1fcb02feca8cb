import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import { sha256 } from '../../src/base/digest.ts';
import { runProcess, tryProcess } from '../../src/base/process.ts';

/** Fails unless e2fsck checks the whole image and has nothing at all to say. */
export async function expectClean(image: string): Promise<void> {
  const result = await tryProcess('/sbin/e2fsck', { args: ['-fn', image], env: { ...process.env, LC_ALL: 'C' } });
  const said = result.stdout
    .toString('latin1')
    .split('\n')
    .filter((line) => line !== '' && !/^Pass [1-5]: /.test(line) && !/: \d+\/\d+ files \(/.test(line));
  expect({ exitCode: result.exitCode, said }).toEqual({ exitCode: 0, said: [] });
}

/** What debugfs finds under a path. */
export interface FoundFile {
  readonly inode: number;
  /** Type and permissions, as in stat(2). */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly size: number;
  readonly links: number;
  readonly seconds: number;
  readonly nanoseconds: number;
  /** Of files: digest of the content. Of symlinks: the target. Of devices: the numbers. */
  readonly content: string;
  /** Values by name. */
  readonly xattrs: Readonly<Record<string, string>>;
  /** In sectors. */
  readonly sectors: number;
}

/** Reads a whole image with debugfs; paths and targets are one char a byte, the root is the empty path. */
export async function readWithDebugfs(image: string): Promise<Map<string, FoundFile>> {
  const folder = mkdtempSync(join(tmpdir(), 'firekiln-debugfs-'));
  try {
    const numbers = await listNames(image);
    const inodes = [...new Set(numbers.values())];
    const stats = await statAll(image, inodes);
    const files = inodes.filter((inode) => modeOf(stats, inode) >>> 12 === 8);
    await debugfs(
      image,
      files.map((inode) => `dump <${inode}> ${folder}/${inode}`),
    );
    const xattrs = await readXattrs(image, stats, folder);
    const found = new Map<string, FoundFile>();
    for (const [path, inode] of numbers) {
      const text = stats.get(inode) ?? '';
      const number = (pattern: RegExp, base = 10) => Number.parseInt(pattern.exec(text)?.[1] ?? 'NaN', base);
      const time = /\bmtime: 0x([0-9a-f]{8}):([0-9a-f]{8})/.exec(text);
      const extra = Number.parseInt(time?.[2] ?? 'NaN', 16);
      const mode = modeOf(stats, inode);
      found.set(path, {
        inode,
        mode,
        uid: number(/User:\s+(-?\d+)/) >>> 0,
        gid: number(/Group:\s+(-?\d+)/) >>> 0,
        size: mode >>> 12 === 8 ? number(/Size: (\d+)/) : 0,
        links: number(/Links: (\d+)/),
        seconds: (Number.parseInt(time?.[1] ?? 'NaN', 16) | 0) + (extra & 3) * 2 ** 32,
        nanoseconds: extra >>> 2,
        content: contentOf(mode, text, `${folder}/${inode}`, image),
        xattrs: xattrs.get(inode) ?? {},
        sectors: number(/Blockcount: (\d+)/),
      });
    }
    return found;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const types: Readonly<Record<string, number>> = {
  regular: 8,
  directory: 4,
  symlink: 10,
  'character special': 2,
  'block special': 6,
  FIFO: 1,
  socket: 12,
};

function modeOf(stats: ReadonlyMap<number, string>, inode: number): number {
  const match = /Type: (.+?)\s+Mode:\s+(\d+)/.exec(stats.get(inode) ?? '');
  return ((types[match?.[1] ?? ''] ?? 0) << 12) | Number.parseInt(match?.[2] ?? '0', 8);
}

function contentOf(mode: number, text: string, dumped: string, image: string): string {
  switch (mode >>> 12) {
    case 8:
      return sha256(readFileSync(dumped));
    case 10:
      return fastTarget(text) ?? blockTarget(text, image);
    case 2:
    case 6:
      return /Device major\/minor number: (\d+:\d+)/.exec(text)?.[1]?.replace(/\b0+(?=\d)/g, '') ?? '';
    default:
      return '';
  }
}

function fastTarget(text: string): string | undefined {
  return /Fast link dest: "(.*)"\n/s.exec(text)?.[1];
}

function blockTarget(text: string, image: string): string {
  const block = Number(/EXTENTS:\s*\(0\):(\d+)/.exec(text)?.[1]);
  const size = Number(/Size: (\d+)/.exec(text)?.[1]);
  return readFileSync(image).toString('latin1', block * 4096, block * 4096 + size);
}

async function listNames(image: string): Promise<Map<string, number>> {
  const numbers = new Map([['', 2]]);
  let level = [{ path: '', inode: 2 }];
  while (level.length > 0) {
    const answers = await debugfs(
      image,
      level.map(({ inode }) => `ls -p <${inode}>`),
    );
    const next: { path: string; inode: number }[] = [];
    level.forEach(({ path }, i) => {
      for (const match of (answers[i] ?? '').matchAll(/^\/(\d+)\/(\d+)\/-?\d+\/-?\d+\/([^/]+)\/\d*\/\n/gm)) {
        const [, inode, mode, name] = match;
        if (name === '.' || name === '..' || inode === '0') continue;
        const child = { path: path === '' ? (name ?? '') : `${path}/${name}`, inode: Number(inode) };
        numbers.set(child.path, child.inode);
        if (mode?.startsWith('04')) next.push(child);
      }
    });
    level = next;
  }
  return numbers;
}

async function statAll(image: string, inodes: readonly number[]): Promise<Map<number, string>> {
  const answers = await debugfs(
    image,
    inodes.map((inode) => `stat <${inode}>`),
  );
  return new Map(inodes.map((inode, i) => [inode, answers[i] ?? '']));
}

async function readXattrs(
  image: string,
  stats: ReadonlyMap<number, string>,
  folder: string,
): Promise<Map<number, Record<string, string>>> {
  const wanted: { inode: number; name: string; path: string }[] = [];
  for (const [inode, text] of stats) {
    const list = /Extended attributes:\n((?: {2}.*\n)+)/.exec(text)?.[1] ?? '';
    for (const match of list.matchAll(/^ {2}(\S+) \(\d+\)/gm)) {
      wanted.push({ inode, name: match[1] ?? '', path: join(folder, `x${wanted.length}`) });
    }
  }
  await debugfs(
    image,
    wanted.map(({ inode, name, path }) => `ea_get -f ${path} <${inode}> ${name}`),
  );
  const found = new Map<number, Record<string, string>>();
  for (const { inode, name, path } of wanted) {
    const values = found.get(inode) ?? {};
    values[name] = readFileSync(path).toString('latin1');
    found.set(inode, values);
  }
  return found;
}

/** Runs commands; the answers in order. */
async function debugfs(image: string, commands: readonly string[]): Promise<string[]> {
  if (commands.length === 0) return [];
  const { stdout } = await runProcess('/sbin/debugfs', {
    args: ['-f', '-', image],
    stdin: { text: commands.join('\n') },
    env: { ...process.env, LC_ALL: 'C', TZ: 'UTC' },
    maxOutputBytes: 256 << 20,
  });
  const text = stdout.toString('latin1');
  const answers: string[] = [];
  let at = 0;
  commands.forEach((command, i) => {
    const start = text.indexOf(`debugfs: ${command}\n`, at) + `debugfs: ${command}\n`.length;
    const next = commands[i + 1];
    at = next === undefined ? text.length : text.indexOf(`debugfs: ${next}\n`, start);
    answers.push(text.slice(start, at));
  });
  return answers;
}
