import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * Runs once before the suites that boot VMs: bundles the command line as users get it, for {@link runCli}. Its folder
 * lies beside what the bundle takes along.
 */
export function setup(): () => void {
  const root = new URL('../..', import.meta.url).pathname;
  const folder = mkdtempSync(join(tmpdir(), 'firekiln-bundle-'));
  // For tests that run it as another user.
  chmodSync(folder, 0o755);
  for (const name of ['node_modules', 'guest', 'libexec', 'package.json']) {
    execFileSync('ln', ['-s', join(root, name), join(folder, name)]);
  }
  execFileSync(process.execPath, [join(root, 'scripts/bundle.ts'), join(folder, 'dist')], { stdio: 'inherit' });
  process.env.FIREKILN_TEST_BUNDLE = join(folder, 'dist', 'firekiln.js');
  return () => rmSync(folder, { recursive: true, force: true });
}
