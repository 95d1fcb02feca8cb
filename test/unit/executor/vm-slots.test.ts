import { describe, expect, it } from 'vitest';
import { delay } from '../../../src/base/abort.ts';
import { createEmitter, type FirekilnEvent } from '../../../src/base/events.ts';
import { startProcess } from '../../../src/base/process.ts';
import { createVmSlots, type VmResources } from '../../../src/executor/vm-slots.ts';
import { useTemporaryFolder } from '../../support/temporary-folder.ts';

const small = { vcpus: 1, memoryMiB: 512 };
const temporary = useTemporaryFolder();
const slotsFor = (limit: VmResources) => createVmSlots({ limit, folder: temporary.path });

function listener() {
  const events: FirekilnEvent[] = [];
  return { events, emitter: createEmitter((event) => events.push(event), { module: 'test' }) };
}

describe('vm slots', () => {
  it('let in what fits, and make the others wait for their turn', async () => {
    const { emitter, events } = listener();
    const slots = slotsFor({ vcpus: 2, memoryMiB: 2048 });
    const order: string[] = [];
    const enter = async (name: string, wanted = small) => {
      const slot = await slots.acquire(wanted, { emitter });
      order.push(name);
      return slot;
    };
    const a = await enter('a');
    const b = await enter('b');
    expect(events).toEqual([]);
    const c = enter('c', { vcpus: 2, memoryMiB: 512 });
    await told(events, 1);
    const d = enter('d');
    await told(events, 2);
    a[Symbol.dispose]();
    a[Symbol.dispose]();
    await delay(300);
    // One core is free, but c came first and needs two.
    expect(order).toEqual(['a', 'b']);
    b[Symbol.dispose]();
    (await c)[Symbol.dispose]();
    await d;
    expect(order).toEqual(['a', 'b', 'c', 'd']);
    expect(events.map((it) => (it.event === 'message' ? it.text : ''))).toEqual([
      'waiting for room for a virtual machine (2 cores, 512 MiB): of 2 cores, 2048 MiB for builds too little is free',
      'waiting for room for a virtual machine (1 core, 512 MiB): others wait already',
    ]);
  });

  it('count memory', async () => {
    const { emitter } = listener();
    const slots = slotsFor({ vcpus: 8, memoryMiB: 1000 });
    const first = await slots.acquire(small, { emitter });
    await expect(slots.acquire(small, { emitter, signal: AbortSignal.timeout(100) })).rejects.toThrow();
    (await slots.acquire({ vcpus: 1, memoryMiB: 256 }, { emitter }))[Symbol.dispose]();
    first[Symbol.dispose]();
    await slots.acquire(small, { emitter });
  });

  it('let in what is more than all, alone', async () => {
    const { emitter } = listener();
    const slots = slotsFor({ vcpus: 1, memoryMiB: 256 });
    const large = await slots.acquire({ vcpus: 4, memoryMiB: 4096 }, { emitter });
    const tiny = { vcpus: 1, memoryMiB: 64 };
    await expect(slots.acquire(tiny, { emitter, signal: AbortSignal.timeout(100) })).rejects.toThrow();
    large[Symbol.dispose]();
    await slots.acquire(tiny, { emitter });
  });

  it('forget who gave up, and let in those behind', async () => {
    const { emitter } = listener();
    const slots = slotsFor({ vcpus: 1, memoryMiB: 4096 });
    const held = await slots.acquire(small, { emitter });
    const { signal, abort } = abortable();
    const gone = slots.acquire(small, { emitter, signal });
    const next = slots.acquire(small, { emitter });
    abort();
    await expect(gone).rejects.toMatchObject({ code: 'ABORTED' });
    await expect(slots.acquire(small, { emitter, signal })).rejects.toMatchObject({ code: 'ABORTED' });
    held[Symbol.dispose]();
    await next;
  });

  it('are shared by all processes, and free when one is killed', async () => {
    const limit = { vcpus: 2, memoryMiB: 1024 };
    const script = `
      const { createVmSlots } = await import(${JSON.stringify(new URL('../../../src/executor/vm-slots.ts', import.meta.url).href)});
      const slots = createVmSlots(${JSON.stringify({ limit, folder: temporary.path })});
      globalThis.held = await slots.acquire(${JSON.stringify(limit)}, {});
      console.log('held');
      setInterval(() => {}, 1000);`;
    const held = Promise.withResolvers<void>();
    const child = await startProcess(process.execPath, {
      args: ['--input-type=module', '-e', script],
      dieWithParent: true,
      stdout: { each: () => held.resolve() },
    });
    await Promise.race([held.promise, child.result]);
    const { emitter, events } = listener();
    const waiting = slotsFor(limit).acquire(small, { emitter });
    await told(events, 1);
    child.kill('SIGKILL');
    expect(await child.result).toMatchObject({ signal: 'SIGKILL' });
    (await waiting)[Symbol.dispose]();
  });
});

function abortable() {
  const controller = new AbortController();
  return { signal: controller.signal, abort: () => controller.abort() };
}

async function told(events: readonly FirekilnEvent[], count: number): Promise<void> {
  while (events.length < count) await delay(5);
}
