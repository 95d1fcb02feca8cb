import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';

/** What takes long to make is kept from one run to the next: inputs, peers. */
export function cacheFolder(): string {
  const folder = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'firekiln-bench');
  mkdirSync(folder, { recursive: true });
  return folder;
}

/** A folder for one run, removed with all that is in it; below FIREKILN_BENCH_DIR if that is set. */
export function workFolder(name: string): { readonly path: string } & Disposable {
  const path = mkdtempSync(join(process.env.FIREKILN_BENCH_DIR ?? tmpdir(), `firekiln-bench-${name}-`));
  const remove = () => rmSync(path, { recursive: true, force: true });
  const onSignal = () => {
    remove();
    process.exit(130);
  };
  process.once('SIGINT', onSignal).once('SIGTERM', onSignal);
  return {
    path,
    [Symbol.dispose]() {
      process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
      remove();
    },
  };
}
