import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder } from './work-folder.ts';

export const tar2ext4Version = 'v0.15.0';

/** hcsshim's converter, built from the Go module proxy and kept; undefined, with a line, if that can't be done. */
export function tar2ext4(): string | undefined {
  const program = join(cacheFolder(), `tar2ext4-${tar2ext4Version}`);
  if (existsSync(program)) return program;
  const folder = `${program}.${process.pid}`;
  mkdirSync(folder, { recursive: true });
  // A module of our own: its go.mod has replacements, which `go install` refuses.
  writeFileSync(join(folder, 'go.mod'), 'module peer\n\ngo 1.25\n');
  const tool = 'github.com/Microsoft/hcsshim/cmd/tar2ext4';
  const env = { ...process.env, PATH: `${process.env.PATH}:/usr/local/go/bin`, CGO_ENABLED: '0' };
  const go = (...args: string[]) => execFileSync('go', args, { cwd: folder, env, stdio: ['ignore', 'ignore', 'pipe'] });
  try {
    go('get', `${tool}@${tar2ext4Version}`);
    go('build', '-o', 'tar2ext4', tool);
    renameSync(join(folder, 'tar2ext4'), program);
    return program;
  } catch (error) {
    console.log(`skipped: tar2ext4 can't be built: ${error instanceof Error ? error.message : String(error)}`);
    return undefined;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
