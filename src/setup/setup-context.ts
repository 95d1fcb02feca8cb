import { join } from 'node:path';
import type { Emitter } from '../base/events.ts';
import { withLock } from '../base/lock.ts';
import type { Store, TemporaryFolder } from '../store/store.ts';
import { AptArchive } from './debian/apt.ts';

/** What the parts of a set-up share. */
export interface SetupContext {
  readonly store: Store;
  readonly emitter: Emitter;
  readonly signal?: AbortSignal | undefined;
  /** The archives, their lists fetched when they are first asked for. */
  archive(): Promise<AptArchive>;
  /** A folder for what is only needed meanwhile. */
  workFolder(): Promise<string>;
}

/**
 * Runs a set-up under a lock, so that of two at once the second finds everything done; what it left in temporary
 * folders is removed on every path.
 */
export async function withSetupContext<T>(
  options: Pick<SetupContext, 'store' | 'emitter' | 'signal'>,
  work: (context: SetupContext) => Promise<T>,
): Promise<T> {
  const { store, emitter, signal } = options;
  const lock = {
    signal,
    holder: `firekiln setup (pid ${process.pid})`,
    onWait: (holder: string) => emitter.message('info', `waiting for ${holder} to set up kernel and appliance`),
  };
  return await withLock(join(store.root, 'setup.lock'), lock, async () => {
    await using cleanup = new AsyncDisposableStack();
    let archive: Promise<AptArchive> | undefined;
    const folder = async (): Promise<string> => {
      const made: TemporaryFolder = cleanup.use(await store.temporaryFolder());
      return made.path;
    };
    return await work({
      ...options,
      archive: async () => {
        archive ??= (async () => {
          emitter.message('info', "fetching the package lists of this host's Debian archives");
          return await AptArchive.open(await folder(), signal);
        })();
        return await archive;
      },
      workFolder: folder,
    });
  });
}
