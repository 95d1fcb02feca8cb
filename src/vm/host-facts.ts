import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomic } from '../base/atomic-file.ts';
import { withLock } from '../base/lock.ts';

/** What was found out about this host since it booted. */
export interface HostFacts {
  readonly tscKhz?: number;
  /** By kernel and VMM: the empty text if guests boot with KVM, else why they don't. */
  readonly kvm?: Readonly<Record<string, string>>;
}

/**
 * Facts that hold until the host boots again, in `<folder>/<boot id>.json`; files of earlier boots are removed. One
 * process at a time finds them out.
 */
export class HostFactsFile {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** The fact that `pick` finds in the file, else what `find` finds, which is kept. */
  async remember<T>(options: {
    readonly pick: (facts: HostFacts) => T | undefined;
    readonly find: () => Promise<T>;
    readonly put: (facts: HostFacts, value: T) => HostFacts;
    /** Find it out again even if it is known. */
    readonly fresh: boolean;
    readonly signal?: AbortSignal | undefined;
  }): Promise<T> {
    const { pick, find, put, fresh, signal } = options;
    const bootId = (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim();
    const path = join(this.#folder, `${bootId}.json`);
    const known = fresh ? undefined : pick(await read(path));
    if (known !== undefined) return known;
    return await withLock(join(this.#folder, 'lock'), { signal }, async () => {
      const meanwhile = fresh ? undefined : pick(await read(path));
      if (meanwhile !== undefined) return meanwhile;
      const value = await find();
      await writeFileAtomic(path, `${JSON.stringify(put(await read(path), value))}\n`);
      for (const name of await readdir(this.#folder)) {
        if (name.endsWith('.json') && name !== `${bootId}.json`) await rm(join(this.#folder, name), { force: true });
      }
      return value;
    });
  }
}

/** A file that is missing or damaged holds no facts. */
async function read(path: string): Promise<HostFacts> {
  try {
    const { tscKhz, kvm } = JSON.parse(await readFile(path, 'utf8')) as HostFacts;
    return {
      ...(typeof tscKhz === 'number' && tscKhz > 0 ? { tscKhz } : {}),
      ...(typeof kvm === 'object' ? { kvm } : {}),
    };
  } catch {
    return {};
  }
}
