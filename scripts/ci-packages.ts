import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { hasGo } from '../test/support/go-toolchain.ts';

const list = new URL('ci-packages.txt', import.meta.url);

/**
 * Installs the Debian packages that the tests use as judges (scripts/ci-packages.txt) where they are missing; without
 * root it says which they are. Returns false if some are missing.
 */
export function installTestPackages(): boolean {
  const wanted = readFileSync(list, 'utf8')
    .split('\n')
    .map((line) => line.replace(/#.*/, '').trim())
    .filter((name) => name !== '');
  if (!hasGo()) wanted.push('golang-go');
  const missing = missingOf(wanted);
  if (missing.length === 0) return true;
  if (process.getuid?.() !== 0) {
    console.log(
      'Debian packages that the tests use are not installed; suites that need them are skipped. To have them:',
    );
    console.log(`  sudo apt-get install --no-install-recommends ${missing.join(' ')}`);
    return false;
  }
  console.log(`installing Debian packages for the tests: ${missing.join(' ')}`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  spawnSync('apt-get', ['update', '-qq'], { stdio: ['ignore', 'ignore', 'inherit'], env });
  const install = ['install', '--yes', '-qq', '--no-install-recommends', ...missing];
  spawnSync('apt-get', install, { stdio: ['ignore', 'ignore', 'inherit'], env });
  return missingOf(missing).length === 0;
}

function missingOf(names: readonly string[]): string[] {
  const format = ['--showformat', '${Package} ${db:Status-Status}\n'];
  const { stdout } = spawnSync('dpkg-query', ['--show', ...format, ...names], { encoding: 'utf8' });
  const installed = new Set(
    (stdout ?? '').split('\n').flatMap((line) => (line.endsWith(' installed') ? (line.split(' ')[0] ?? []) : [])),
  );
  return names.filter((name) => !installed.has(name));
}
