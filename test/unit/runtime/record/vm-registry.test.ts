import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { FileLock } from '../../../../src/base/lock.ts';
import { shimGone } from '../../../../src/runtime/end-shim.ts';
import { removeVmFolder } from '../../../../src/runtime/record/remove-vm-folder.ts';
import { checkHostname, checkVmName } from '../../../../src/runtime/record/vm-name.ts';
import type { VmRecord } from '../../../../src/runtime/record/vm-record.ts';
import { VmRegistry } from '../../../../src/runtime/record/vm-registry.ts';
import type { Store } from '../../../../src/store/store.ts';
import { useTemporaryFolder } from '../../../support/temporary-folder.ts';

const temporary = useTemporaryFolder();
const locks: FileLock[] = [];
afterEach(async () => {
  for (const lock of locks.splice(0)) await lock[Symbol.asyncDispose]();
});

let clock = 0;
async function create(name?: string) {
  const made = await new VmRegistry(temporary.path).create(name, async (id, chosen) => {
    const runDir = join(temporary.path, 'run', id);
    await mkdir(runDir, { recursive: true });
    return { version: 1, id, name: chosen, createdAt: ++clock, runDir, network: 'none' } as unknown as VmRecord;
  });
  locks.push(made.lock);
  return made;
}

describe('VmRegistry', () => {
  it('finds VMs by name, id and the beginning of an id', async () => {
    const { record } = await create('web');
    const other = await create();
    const registry = new VmRegistry(temporary.path);
    for (const word of ['web', record.id, record.id.slice(0, 8)]) {
      expect((await registry.find(word)).record.id).toBe(record.id);
    }
    expect((await registry.list()).map((vm) => vm.record.name)).toEqual([other.record.name, 'web']);
    await expect(registry.find('nope')).rejects.toMatchObject({ code: 'VM_NOT_FOUND' });
    await expect(registry.find('')).rejects.toMatchObject({ code: 'VM_NOT_FOUND' });
  });

  it('gives a name once, also to two at once', async () => {
    const results = await Promise.allSettled([create('web'), create('web'), create('web')]);
    expect(results.filter(({ status }) => status === 'fulfilled').length).toBe(1);
    const refused = results.find((one) => one.status === 'rejected');
    expect(refused?.reason).toMatchObject({ code: 'VM_NAME_TAKEN' });
    expect((await readdir(join(temporary.path, 'vms'))).filter((name) => !name.startsWith('.')).length).toBe(1);
  });

  it('believes a state as long as the lock is held, and not longer', async () => {
    const { folder, record, lock } = await create('web');
    await folder.writeState({ status: 'running', bootId: 'other boot', startedAt: 1 });
    const registry = new VmRegistry(temporary.path);
    expect(await registry.find('web')).toMatchObject({ alive: true, state: { status: 'running' } });
    await lock[Symbol.asyncDispose]();
    const expected = { status: 'exited', exitCode: 125, reason: 'the host was started anew while the VM ran' };
    expect(await registry.find('web')).toMatchObject({ alive: false, state: expected });
    // Written down, and the sockets' folder is gone.
    expect(await folder.readState()).toMatchObject(expected);
    expect(await readdir(join(temporary.path, 'run'))).toEqual([]);
    expect(record.name).toBe('web');
  });

  it('keeps what a shim said before it ended', async () => {
    const { folder, lock } = await create('web');
    await folder.writeState({ status: 'exited', bootId: undefined, exitCode: 3 });
    await lock[Symbol.asyncDispose]();
    expect((await new VmRegistry(temporary.path).find('web')).state).toEqual({ status: 'exited', exitCode: 3 });
  });

  it('leaves out damaged records, says so, and removes what was never finished', async () => {
    const { folder } = await create('web');
    await writeFile(join(folder.path, 'vm.json'), '{');
    await mkdir(join(temporary.path, 'vms', 'aaaaaaaaaaaa'));
    const damaged: string[] = [];
    expect(await new VmRegistry(temporary.path).list((error) => damaged.push(error.code))).toEqual([]);
    expect(damaged).toEqual(['VM_RECORD_DAMAGED']);
    await create('other');
    const names = await readdir(join(temporary.path, 'vms'));
    expect(names).not.toContain('aaaaaaaaaaaa');
    expect(names).toContain(folder.id);
    await rm(folder.path, { recursive: true });
  });
});

describe('a VM that is removed while others look', () => {
  const store = { pins: { remove: async () => {} } } as unknown as Store;

  it('comes back for nobody', async () => {
    const registry = new VmRegistry(temporary.path);
    for (let turn = 0; turn < 30; turn++) {
      const { folder, lock } = await create('web');
      await folder.writeState({ status: 'exited', bootId: undefined, exitCode: 0 });
      await lock[Symbol.asyncDispose]();
      const looks = Array.from({ length: 8 }, async () => await registry.list());
      await Promise.all([removeVmFolder(folder, store), ...looks]);
      expect((await readdir(join(temporary.path, 'vms'))).filter((name) => !name.startsWith('.'))).toEqual([]);
    }
  });

  it('has not to be waited for', async () => {
    const { folder } = await create('web');
    await removeVmFolder(folder, store);
    await shimGone(folder, undefined);
    await removeVmFolder(folder, store);
  });

  it('is removed for good where that was killed half-way', async () => {
    await mkdir(join(temporary.path, 'vms', 'aaaaaaaaaaaa.removed', 'rest'), { recursive: true });
    expect(await new VmRegistry(temporary.path).list()).toEqual([]);
    await new VmRegistry(temporary.path).sweep();
    expect(await readdir(join(temporary.path, 'vms'))).toEqual(['.lock']);
  });
});

describe('names', () => {
  it.each(['web', 'a', 'Web_1.x-y', '0a'])('takes %s', (name) => {
    expect(checkVmName(name)).toBe(name);
  });
  it.each(['', '-a', '_a', 'a b', 'a/b', 'ä', '..', 'a'.repeat(64)])('refuses %j', (name) => {
    expect(() => checkVmName(name)).toThrow(expect.objectContaining({ code: 'VM_NAME_INVALID' }));
  });
  it('checks host names', () => {
    expect(checkHostname('box.example')).toBe('box.example');
    for (const name of ['', 'a_b', '-a', 'a..b', 'a'.repeat(65), 'a\nb']) {
      expect(() => checkHostname(name)).toThrow(expect.objectContaining({ code: 'VM_NAME_INVALID' }));
    }
  });
});
