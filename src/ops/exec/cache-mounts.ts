import { randomUUID } from 'node:crypto';
import { sha256 } from '../../base/digest.ts';
import type { Emitter } from '../../base/events.ts';
import type { MountSpec } from '../../graph/node.ts';
import { writeExt4File } from '../../images/ext4-file.ts';
import { emptySource } from '../../images/segments/segment-source.ts';
import type { CacheMountUse } from '../../store/cache-mount-store.ts';
import type { Store } from '../../store/store.ts';

type CacheSpec = Extract<MountSpec, { type: 'cache' }>;

/** Bytes that a cache mount can grow to. What nothing is written to takes no place on the host's disk. */
const cacheMountBytes = 64 * 2 ** 30;

/** The cache mounts of the steps of one VM, locked until disposed. */
export class CacheMounts implements AsyncDisposable {
  readonly #uses = new Map<string, CacheMountUse>();
  readonly #stack = new AsyncDisposableStack();

  /** Locks them all, each once, in the order of their ids, so that no two builds wait for one another. */
  async acquire(
    store: Store,
    mounts: readonly MountSpec[],
    { user, emitter, signal }: { readonly user: string; readonly emitter: Emitter; readonly signal: AbortSignal },
  ): Promise<void> {
    const wanted = new Map<string, CacheSpec>();
    for (const mount of mounts) if (mount.type === 'cache') wanted.set(keyOf(mount), mount);
    for (const [key, mount] of [...wanted].sort(([a], [b]) => (a < b ? -1 : 1))) {
      const use = await store.cacheMounts.acquire(mount.id, {
        make: makeImage,
        sharing: mount.sharing === 'private' ? 'private' : 'locked',
        label: mount.target,
        user,
        onWait: (holder) => emitter.message('info', `waiting for the cache mount ${mount.id}, which ${holder} has`),
        signal,
      });
      this.#uses.set(key, this.#stack.use(use));
    }
  }

  pathOf(mount: CacheSpec): string {
    const use = this.#uses.get(keyOf(mount));
    if (use === undefined) throw new Error(`the cache mount ${mount.id} was not acquired`);
    return use.path;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync();
  }
}

/** Across VMs `shared` is `locked`: an ext4 image can be mounted by one only. */
function keyOf({ id, sharing }: CacheSpec): string {
  return `${id}\0${sharing === 'private' ? 'private' : 'locked'}`;
}

async function makeImage(path: string, signal: AbortSignal | undefined): Promise<void> {
  const identity = sha256(randomUUID());
  await writeExt4File(emptySource, path, { identity, signal, writable: { size: cacheMountBytes } });
}
