import { randomUUID } from 'node:crypto';
import { sha256 } from '../../base/digest.ts';
import type { Emitter } from '../../base/events.ts';
import { writeExt4File } from '../../images/ext4-file.ts';
import { emptySource } from '../../images/segments/segment-source.ts';
import type { CacheMountUse } from '../../store/cache-mount-store.ts';
import type { Store } from '../../store/store.ts';
import type { Chain } from '../environment.ts';
import { type CacheSpec, cacheMountId } from './cache-mount-id.ts';
import { type ExecMemberInput, mountsOf } from './exec-member.ts';

/** Bytes that a cache mount can grow to. What nothing is written to takes no place on the host's disk. */
const cacheMountBytes = 64 * 2 ** 30;

/** The cache mounts of the steps of one VM, locked until disposed. */
export class CacheMounts implements AsyncDisposable {
  readonly #uses = new Map<string, CacheMountUse>();
  readonly #stack = new AsyncDisposableStack();

  /** Locks them all, each once, in the order of their ids, so that no two builds wait for one another. */
  async acquire(
    store: Store,
    members: readonly ExecMemberInput[],
    { user, emitter, signal }: { readonly user: string; readonly emitter: Emitter; readonly signal: AbortSignal },
  ): Promise<void> {
    for (const [id, { mount, isPrivate }] of [...wantedBy(members)].sort(([a], [b]) => (a < b ? -1 : 1))) {
      const use = await store.cacheMounts.acquire(id, {
        make: makeImage,
        sharing: isPrivate ? 'private' : 'locked',
        label: mount.target,
        user,
        onWait: (holder) => emitter.message('info', `waiting for the cache mount ${id}, which ${holder} has`),
        signal,
      });
      this.#uses.set(id, this.#stack.use(use));
    }
  }

  pathOf(mount: CacheSpec, from: Chain | undefined): string {
    const use = this.#uses.get(cacheMountId(mount, from));
    if (use === undefined) throw new Error(`the cache mount ${mount.id} was not acquired`);
    return use.path;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync();
  }
}

/** By id. Across VMs `shared` is `locked`: an ext4 image can be mounted by one only. */
function wantedBy(members: readonly ExecMemberInput[]) {
  const wanted = new Map<string, { readonly mount: CacheSpec; readonly isPrivate: boolean }>();
  for (const { mount, chain } of members.flatMap(mountsOf)) {
    if (mount.type !== 'cache') continue;
    const id = cacheMountId(mount, chain);
    // Steps of one VM run one after the other: a private one may have what the others have.
    const isPrivate = mount.sharing === 'private' && wanted.get(id)?.isPrivate !== false;
    wanted.set(id, { mount, isPrivate });
  }
  return wanted;
}

async function makeImage(path: string, signal: AbortSignal | undefined): Promise<void> {
  const identity = sha256(randomUUID());
  await writeExt4File(emptySource, path, { identity, signal, writable: { size: cacheMountBytes } });
}
