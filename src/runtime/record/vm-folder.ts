import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomic } from '../../base/atomic-file.ts';
import { FirekilnError } from '../../base/errors/firekiln-error.ts';
import { systemCode } from '../../base/system-error.ts';
import type { VmRecord } from './vm-record.ts';
import type { VmState } from './vm-state.ts';

/** What records did not have once. */
const olderRecord = { init: 'firekiln', root: 'layered' } as const;

/** The folder of one VM below `vms/` of the data dir; it lives until the VM is removed. */
export class VmFolder {
  readonly id: string;
  readonly path: string;

  constructor(path: string, id: string) {
    this.path = path;
    this.id = id;
  }

  /** Held by the shim as long as it lives. */
  get lock(): string {
    return join(this.path, 'lock');
  }

  /** What the entrypoint wrote. */
  get log(): string {
    return join(this.path, 'log');
  }

  /** What the guest's console showed. */
  get bootLog(): string {
    return join(this.path, 'boot');
  }

  /** What the shim itself had to say. */
  get shimLog(): string {
    return join(this.path, 'shim.log');
  }

  /** What the VM writes. */
  get scratch(): string {
    return join(this.path, 'scratch.ext4');
  }

  /** The disk of a VM whose root is flat. */
  get rootDisk(): string {
    return join(this.path, 'root.ext4');
  }

  /** Undefined for a VM whose creation was never finished. Throws VM_RECORD_DAMAGED. */
  async readRecord(): Promise<VmRecord | undefined> {
    const record = await this.#readJson<VmRecord>('vm.json');
    if (record === undefined) return undefined;
    if (record.version !== 1 || record.id !== this.id) throw this.#damaged('vm.json');
    return { ...olderRecord, ...record };
  }

  async writeRecord(record: VmRecord): Promise<void> {
    await writeFileAtomic(join(this.path, 'vm.json'), `${JSON.stringify(record, null, 2)}\n`, { mode: 0o600 });
  }

  async readState(): Promise<VmState> {
    return (await this.#readJson<VmState>('state.json')) ?? { status: 'created', bootId: undefined };
  }

  async writeState(state: VmState): Promise<void> {
    await writeFileAtomic(join(this.path, 'state.json'), `${JSON.stringify(state, null, 2)}\n`, { mode: 0o600 });
  }

  async #readJson<T extends object>(name: string): Promise<T | undefined> {
    try {
      const value: unknown = JSON.parse(await readFile(join(this.path, name), 'utf8'));
      if (typeof value !== 'object' || value === null) throw new SyntaxError('no object');
      return value as T;
    } catch (error) {
      if (systemCode(error) === 'ENOENT') return undefined;
      if (error instanceof SyntaxError) throw this.#damaged(name);
      throw error;
    }
  }

  #damaged(name: string): FirekilnError {
    return new FirekilnError('VM_RECORD_DAMAGED', `${join(this.path, name)} is no record of a VM`);
  }
}
