import { cp, mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { runProcess } from '../../src/base/process.ts';
import { applianceData } from './appliance-data.ts';
import { writeExt4 } from './ext4.ts';

const root = new URL('../..', import.meta.url).pathname;

export interface ProjectDrive {
  /** A folder that may be filled. */
  readonly scratch: string;
  /** A shell script: what the bed runs in /project. Its exit code goes to /tmp/exit-code. */
  readonly command: string;
  /** The command talks to the terminal. */
  readonly terminal: boolean;
  /** A folder with the programs that come first in the bed's PATH. */
  readonly binaries?: string | undefined;
}

/** The drive with the checkout as it stands (what git ignores left out), a fresh bundle, kernel and appliance, and the command. */
export async function projectDrive({ scratch, command, terminal, binaries }: ProjectDrive): Promise<string> {
  const stage = join(scratch, 'project');
  const listed = await runProcess('git', {
    args: ['-C', root, 'ls-files', '--cached', '--others', '--exclude-standard', '-z'],
    maxOutputBytes: 16 << 20,
  });
  for (const name of listed.stdout.toString().split('\0')) {
    if (name === '') continue;
    const target = join(stage, name);
    await mkdir(dirname(target), { recursive: true });
    // A file that git still lists may have been deleted in the work tree.
    await cp(join(root, name), target, { verbatimSymlinks: true }).catch((error: unknown) => {
      if (!String(error).includes('ENOENT')) throw error;
    });
  }
  await runProcess(process.execPath, {
    args: [join(root, 'scripts/bundle.ts'), join(stage, 'dist')],
    timeoutMs: 120_000,
  });
  await mkdir(join(stage, 'node_modules'), { recursive: true });
  await mkdir(join(stage, '.bed'));
  await writeFile(join(stage, '.bed/command'), command);
  if (terminal) await writeFile(join(stage, '.bed/terminal'), '');
  if (binaries !== undefined) await cp(binaries, join(stage, '.bed/bin'), { recursive: true, dereference: true });
  await applianceData(join(stage, '.bed/data'));
  const image = join(scratch, 'project.ext4');
  await writeExt4(stage, image, 640);
  await rm(stage, { recursive: true, force: true });
  return image;
}
