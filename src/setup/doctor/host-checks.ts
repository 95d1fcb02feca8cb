import { readFile, rm, statfs, writeFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { findProgram } from '../../base/find-program.ts';
import { makeFolderPath } from '../../base/make-folder.ts';
import { runProcess } from '../../base/process.ts';
import { findInstalled } from '../firecracker/bin-folder.ts';
import { hostPrograms } from '../host/host-programs.ts';
import { installCommand } from '../host/install-packages.ts';
import { type Check, tryCheck } from './check.ts';

const gib = 1024 ** 3;
/** A base with its segments and one build. */
const scarceDiskBytes = 4 * gib;
const tooLittleDiskBytes = gib;
/** One build VM and this program. */
const scarceMemoryBytes = 1.5 * gib;

/** What can be found out about the host without booting anything. */
export async function checkHost(dataDir: string, signal?: AbortSignal): Promise<Check[]> {
  return [
    await checkDataDir(dataDir),
    await checkDisk(dataDir),
    await checkMemory(),
    ...(await checkPrograms(signal)),
    await checkSubordinateIds(),
    await checkFirecracker(dataDir, signal),
  ];
}

async function checkDataDir(dataDir: string): Promise<Check> {
  return await tryCheck('data dir', async () => {
    const probe = join(dataDir, `.doctor-${process.pid}`);
    await makeFolderPath(dataDir, 0o700);
    await writeFile(probe, 'x');
    await rm(probe);
    return { state: 'works', text: `${dataDir} can be written` };
  });
}

async function checkDisk(dataDir: string): Promise<Check> {
  return await tryCheck('disk', async () => {
    const { bavail, bsize } = await statfs(dataDir);
    const free = bavail * bsize;
    const text = `${(free / gib).toFixed(1)} GiB free in ${dataDir}`;
    if (free >= scarceDiskBytes) return { state: 'works', text };
    const wayOut = 'Free space, run `firekiln purge`, or choose another place with --data-dir.';
    return { state: free < tooLittleDiskBytes ? 'broken' : 'limited', text, wayOut };
  });
}

async function checkMemory(): Promise<Check> {
  return await tryCheck('memory', async () => {
    const kib = /^MemAvailable:\s+(\d+) kB$/m.exec(await readFile('/proc/meminfo', 'utf8'))?.[1];
    const free = Number(kib) * 1024;
    const text = `${(free / gib).toFixed(1)} GiB available`;
    if (free >= scarceMemoryBytes) return { state: 'works', text };
    return {
      state: 'limited',
      text,
      wayOut: 'Stop other programs, or give VMs less with [build] memory in config.toml.',
    };
  });
}

/** Each program is started, not only found. */
async function checkPrograms(signal: AbortSignal | undefined): Promise<Check[]> {
  return await Promise.all(
    hostPrograms
      .filter(({ name }) => name !== 'newuidmap')
      .map(async (program) => {
        return await tryCheck(program.name, async () => {
          const path = await findProgram(program.name);
          if (path === undefined) {
            const lost = program.onlyFor === undefined ? '' : `; without it there is no ${program.onlyFor}`;
            const state = program.onlyFor === undefined ? 'broken' : 'limited';
            return {
              state,
              text: `not installed; it ${program.why}${lost}`,
              command: installCommand([program.package]),
            };
          }
          const { stdout } = await runProcess(path, { args: ['--version'], timeoutMs: 20_000, signal });
          return { state: 'works', text: String(stdout).split('\n')[0] ?? '' };
        });
      }),
  );
}

/** mmdebstrap without root maps a range of ids (subuid(5)). */
async function checkSubordinateIds(): Promise<Check> {
  return await tryCheck('sub-ids', async () => {
    if (process.getuid?.() === 0) return { state: 'works', text: 'not needed by root' };
    const { username, uid } = userInfo();
    for (const file of ['/etc/subuid', '/etc/subgid']) {
      const text = await readFile(file, 'utf8').catch(() => '');
      if (text.split('\n').some((line) => line.startsWith(`${username}:`) || line.startsWith(`${uid}:`))) continue;
      return {
        state: 'limited',
        text: `${file} has no range for ${username}; \`firekiln base build\` needs one`,
        command: `sudo usermod --add-subuids 100000-165535 --add-subgids 100000-165535 ${username}`,
      };
    }
    if ((await findProgram('newuidmap')) === undefined) {
      const text = 'newuidmap is not installed; `firekiln base build` needs it without root';
      return { state: 'limited', text, command: installCommand(['uidmap']) };
    }
    return { state: 'works', text: `${username} has a range` };
  });
}

async function checkFirecracker(dataDir: string, signal: AbortSignal | undefined): Promise<Check> {
  return await tryCheck('firecracker', async () => {
    const path = await findInstalled(dataDir, 'firecracker');
    if (path === undefined) {
      const wayOut = 'It is optional; `firekiln setup firecracker` installs it.';
      return { state: 'limited', text: 'not on PATH and not set up; QEMU is used', wayOut };
    }
    const { stdout } = await runProcess(path, { args: ['--version'], timeoutMs: 20_000, signal });
    const jailer = (await findInstalled(dataDir, 'jailer')) === undefined ? 'no jailer' : 'with jailer';
    return { state: 'works', text: `${String(stdout).split('\n')[0]} at ${path}, ${jailer}` };
  });
}
