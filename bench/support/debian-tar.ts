import { existsSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { findTool } from '../../test/support/tools.ts';
import { timeProgram } from './measure.ts';
import { cacheFolder } from './work-folder.ts';

/** Packages that make the tree of a small Debian about 250 MB. */
const packages = ['python3', 'openssh-client', 'ca-certificates', 'curl'];

/** The path of a tar of a Debian tree, made once; undefined, with a line, without mmdebstrap. */
export function debianTar(): string | undefined {
  const path = join(cacheFolder(), 'debian-bookworm.tar');
  if (existsSync(path)) return path;
  const mmdebstrap = findTool('mmdebstrap');
  if (mmdebstrap === undefined) {
    console.log('skipped: the Debian tree: mmdebstrap is not installed');
    return undefined;
  }
  console.log(`making ${path}, once: this takes a minute`);
  const partial = `${path}.${process.pid}.tar`;
  try {
    const include = `--include=${packages.join(',')}`;
    timeProgram(mmdebstrap, ['--variant=minbase', '--format=tar', include, 'bookworm', partial]);
    renameSync(partial, path);
  } finally {
    rmSync(partial, { force: true });
  }
  return path;
}
