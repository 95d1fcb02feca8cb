import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { runProcess } from '../../../src/base/process.ts';

export interface GuestKernel {
  /** Folder of what belongs to this kernel; things may be kept there between runs. */
  readonly folder: string;
  readonly vmlinuz: string;
  /** Holds the modules, in folders as the kernel names them. */
  readonly modules: string;
}

const cache = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'firekiln-test', 'kernel');

/** Debian's cloud kernel, fetched with apt-get and unpacked beside nothing of the host; kept for the next run. */
export async function debianKernel(): Promise<GuestKernel> {
  const ready = join(cache, 'ready');
  if (!existsSync(ready)) await fetchKernel(ready);
  const [release] = readdirSync(join(ready, 'lib/modules'));
  if (release === undefined) throw new Error(`no modules in ${ready}`);
  return {
    folder: cache,
    vmlinuz: join(ready, 'boot', `vmlinuz-${release}`),
    modules: join(ready, 'lib/modules', release),
  };
}

async function fetchKernel(ready: string): Promise<void> {
  const work = `${ready}.${process.pid}`;
  const lists = join(work, 'apt');
  mkdirSync(join(lists, 'lists/partial'), { recursive: true });
  try {
    // Package lists of its own: the host's may be missing, and may be changed by root only.
    const options = ['-qq', '-o', `Dir::State::lists=${join(lists, 'lists')}`, '-o', `Dir::Cache=${lists}`];
    const apt = (command: string, ...args: string[]) =>
      runProcess(command, { args: [...options, ...args], cwd: work, timeoutMs: 300_000 });
    await apt('apt-get', 'update');
    const shown = await apt('apt-cache', 'depends', 'linux-image-cloud-amd64');
    const name = /linux-image-\S+-cloud-amd64/.exec(
      shown.stdout.toString().replace('linux-image-cloud-amd64', ''),
    )?.[0];
    if (name === undefined) throw new Error('apt-cache names no cloud kernel');
    await apt('apt-get', 'download', name);
    const archive = readdirSync(work).find((file) => file.endsWith('.deb'));
    if (archive === undefined) throw new Error(`apt-get did not download ${name}`);
    await runProcess('dpkg-deb', { args: ['-x', archive, 'tree'], cwd: work, timeoutMs: 120_000 });
    renameSync(join(work, 'tree'), ready);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}
