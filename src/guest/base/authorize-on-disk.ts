import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FirekilnError } from '../../base/errors/firekiln-error.ts';
import { runProcess } from '../../base/process.ts';
import { quoteWord } from '../../base/quote-command.ts';
import type { BaseLogin } from './base-vm.ts';

/**
 * Writes the key of this VM into the VM's own copy of a base's disk, where nothing of Firekiln can run before its init
 * does; its file system begins at byte `start`. Gives the command of the user that takes it out again; empty if there is nothing to do. Throws BASE_UNUSABLE,
 * PROGRAM_MISSING.
 */
export async function authorizeOnDisk(
  { path, start }: { readonly path: string; readonly start: number },
  login: BaseLogin,
  signal: AbortSignal,
): Promise<string> {
  const { authorize } = login.keys;
  if (authorize === undefined) return '';
  // As all programs of e2fsprogs take it (libext2fs, ext2fs_open2).
  const disk = start === 0 ? path : `${path}?offset=${start}`;
  const ask = async (request: string) => {
    const { stdout } = await runProcess('debugfs', { args: ['-R', request, disk], signal, timeoutMs: 60_000 });
    return stdout.toString('utf8');
  };
  const account = (await ask('cat /etc/passwd')).split('\n').find((line) => line.startsWith(`${login.user}:`));
  const [, , uid = '', gid = '', , home = ''] = account?.split(':') ?? [];
  if (!/^\d+$/.test(uid) || !/^\d+$/.test(gid) || !/^\/[A-Za-z0-9._/-]*$/.test(home)) {
    throw new FirekilnError('BASE_UNUSABLE', `the base can not be built in place: it has no user ${login.user}`, {
      hint: 'Name a user of its /etc/passwd with --machine-ssh-user.',
    });
  }
  const folder = join(home, '.ssh');
  const file = join(folder, 'authorized_keys');
  const hasFolder = (await ask(`stat ${folder}`)).includes('Type: directory');
  const before = hasFolder ? await ask(`cat ${file}`) : '';
  const work = await mkdtemp(join(tmpdir(), 'firekiln-keys-'));
  try {
    const text = join(work, 'keys');
    await writeFile(text, `${before}${before === '' || before.endsWith('\n') ? '' : '\n'}${authorize}\n`);
    const script = [
      ...(hasFolder ? [] : [`mkdir ${folder}`, ...attributes(folder, '040700', uid, gid)]),
      ...(before === '' ? [] : [`rm ${file}`]),
      `write ${text} ${file}`,
      ...attributes(file, '0100600', uid, gid),
    ];
    const commands = join(work, 'commands');
    await writeFile(commands, `${script.join('\n')}\n`);
    await runProcess('debugfs', { args: ['-w', '-f', commands, disk], signal, timeoutMs: 60_000 });
  } finally {
    await rm(work, { recursive: true, force: true });
  }
  const [shownFile, shownFolder] = [quoteWord(file), quoteWord(folder)];
  if (before === '') return `rm -f ${shownFile}${hasFolder ? '' : `; rmdir ${shownFolder}`}`;
  return `grep -vxF ${quoteWord(authorize)} ${shownFile} >${shownFile}.rest; cat ${shownFile}.rest >${shownFile}; rm -f ${shownFile}.rest`;
}

function attributes(path: string, mode: string, uid: string, gid: string): string[] {
  return [`sif ${path} mode ${mode}`, `sif ${path} uid ${uid}`, `sif ${path} gid ${gid}`];
}
