import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { FirekilnError } from '../../base/errors/firekiln-error.ts';
import { FileLock, withLock } from '../../base/lock.ts';
import { explainSystemError, systemCode } from '../../base/system-error.ts';
import { observeState } from './observe-state.ts';
import { removedSuffix } from './remove-vm-folder.ts';
import { VmFolder } from './vm-folder.ts';
import { newVmId, newVmName } from './vm-name.ts';
import type { VmRecord } from './vm-record.ts';
import type { VmState } from './vm-state.ts';

/** A VM as it is now. */
export interface Vm {
  readonly folder: VmFolder;
  readonly record: VmRecord;
  readonly state: VmState;
  /** Whether its shim lives. */
  readonly alive: boolean;
}

const idPattern = /^[0-9a-f]{12}$/;

/** All VMs of a data dir. */
export class VmRegistry {
  readonly #root: string;

  constructor(dataDir: string) {
    this.#root = join(dataDir, 'vms');
  }

  /** The newest first. VMs whose record is damaged are left out, and told to `onDamaged`. */
  async list(onDamaged?: (error: FirekilnError) => void): Promise<readonly Vm[]> {
    const found: Vm[] = [];
    for (const folder of await this.#folders()) {
      try {
        const vm = await look(folder);
        if (vm !== undefined) found.push(vm);
      } catch (error) {
        if (!(error instanceof FirekilnError) || error.code !== 'VM_RECORD_DAMAGED') throw error;
        onDamaged?.(error);
      }
    }
    return found.sort((a, b) => b.record.createdAt - a.record.createdAt);
  }

  /** By name, id, or the beginning of an id. Throws VM_NOT_FOUND, VM_AMBIGUOUS. */
  async find(word: string): Promise<Vm> {
    const all = await this.list();
    const exact = all.find(({ record }) => record.name === word || record.id === word);
    if (exact !== undefined) return exact;
    const matches = /^[0-9a-f]+$/.test(word) ? all.filter(({ record }) => record.id.startsWith(word)) : [];
    const [first] = matches;
    if (first !== undefined && matches.length === 1) return first;
    if (matches.length > 1) {
      throw new FirekilnError('VM_AMBIGUOUS', `${matches.length} VMs have ids that begin with ${word}`, {
        details: matches.map(({ record }) => `${record.id} ${record.name}`),
      });
    }
    throw new FirekilnError('VM_NOT_FOUND', `there is no VM ${JSON.stringify(word)}`, {
      hint: all.length === 0 ? 'There are no VMs.' : '`firekiln ps -a` lists all VMs.',
    });
  }

  /**
   * Makes the folder of a new VM, its name reserved, its lock held. `describe` gets the id and the name (a new one if
   * none was asked for). Throws VM_NAME_TAKEN.
   */
  async create(
    name: string | undefined,
    describe: (id: string, name: string) => Promise<VmRecord>,
  ): Promise<{ readonly folder: VmFolder; readonly record: VmRecord; readonly lock: FileLock }> {
    return await withLock(join(this.#root, '.lock'), {}, async () => {
      await this.#sweep();
      const others = await this.list();
      if (name !== undefined) checkNameFree(name, others);
      const id = newVmId();
      const path = join(this.#root, id);
      try {
        await mkdir(path, { recursive: true, mode: 0o700 });
      } catch (error) {
        throw explainSystemError(error, 'creating', path);
      }
      const folder = new VmFolder(path, id);
      const lock = await FileLock.acquire(folder.lock);
      try {
        const record = await describe(id, name ?? newVmName(new Set(others.map(({ record: { name } }) => name))));
        await folder.writeState({ status: 'created', bootId: undefined });
        await folder.writeRecord(record);
        return { folder, record, lock };
      } catch (error) {
        await rm(path, { recursive: true, force: true });
        await lock[Symbol.asyncDispose]();
        throw error;
      }
    });
  }

  /** Removes what is left of VMs whose creation or removal was killed. */
  async sweep(): Promise<void> {
    if ((await this.#names()).length === 0) return;
    await withLock(join(this.#root, '.lock'), {}, async () => await this.#sweep());
  }

  /** Folders whose VM was never finished, or not wholly removed. Called under the registry's lock, which creation holds. */
  async #sweep(): Promise<void> {
    for (const folder of await this.#folders()) {
      const record = await folder.readRecord().catch(() => null);
      if (record === undefined) await rm(folder.path, { recursive: true, force: true });
    }
    for (const name of await this.#names()) {
      if (name.endsWith(removedSuffix)) await rm(join(this.#root, name), { recursive: true, force: true });
    }
  }

  async #folders(): Promise<VmFolder[]> {
    const names = await this.#names();
    return names.filter((name) => idPattern.test(name)).map((id) => new VmFolder(join(this.#root, id), id));
  }

  async #names(): Promise<string[]> {
    try {
      return await readdir(this.#root);
    } catch (error) {
      if (systemCode(error) === 'ENOENT') return [];
      throw explainSystemError(error, 'reading', this.#root);
    }
  }
}

/** Throws VM_NAME_TAKEN. */
export function checkNameFree(name: string, vms: readonly Vm[]): void {
  const holder = vms.find(({ record }) => record.name === name || record.id === name);
  if (holder === undefined) return;
  throw new FirekilnError('VM_NAME_TAKEN', `the name ${name} belongs to the VM ${holder.record.id}`, {
    hint: `Choose another name, or remove that VM: firekiln rm ${holder.alive ? '-f ' : ''}${name}`,
  });
}

async function look(folder: VmFolder): Promise<Vm | undefined> {
  const record = await folder.readRecord();
  if (record === undefined) return undefined;
  const observed = await observeState(folder, record);
  return observed === undefined ? undefined : { folder, record, ...observed };
}
