import { describe, expect, it } from 'vitest';
import { createVmSlots } from '../../../src/executor/vm-slots.ts';

const small = { vcpus: 1, memoryMiB: 512 };

describe('vm slots', () => {
  it('lets in what fits and makes the others wait for their turn', async () => {
    const slots = createVmSlots({ vcpus: 2, memoryMiB: 2048 });
    const order: string[] = [];
    const enter = async (name: string, wanted = small) => {
      const slot = await slots.acquire(wanted);
      order.push(name);
      return slot;
    };
    const a = await enter('a');
    await enter('b');
    const waiting = [enter('c', { vcpus: 2, memoryMiB: 512 }), enter('d')];
    await settled();
    expect(order).toEqual(['a', 'b']);
    a[Symbol.dispose]();
    a[Symbol.dispose]();
    await settled();
    // One core is free, but c came first and needs two.
    expect(order).toEqual(['a', 'b']);
    expect(waiting).toHaveLength(2);
  });

  it('counts memory', async () => {
    const slots = createVmSlots({ vcpus: 8, memoryMiB: 1000 });
    const first = await slots.acquire(small);
    let second = false;
    const waiting = slots.acquire(small).then(() => {
      second = true;
    });
    await settled();
    expect(second).toBe(false);
    first[Symbol.dispose]();
    await waiting;
    expect(second).toBe(true);
  });

  it('lets in what is more than all, alone', async () => {
    const slots = createVmSlots({ vcpus: 1, memoryMiB: 256 });
    const large = await slots.acquire({ vcpus: 4, memoryMiB: 4096 });
    let next = false;
    const waiting = slots.acquire({ vcpus: 1, memoryMiB: 64 }).then(() => {
      next = true;
    });
    await settled();
    expect(next).toBe(false);
    large[Symbol.dispose]();
    await waiting;
  });

  it('forgets who gave up, and lets in those behind', async () => {
    const slots = createVmSlots({ vcpus: 1, memoryMiB: 4096 });
    const held = await slots.acquire(small);
    const abort = new AbortController();
    const gone = slots.acquire(small, abort.signal);
    const next = slots.acquire(small);
    abort.abort();
    await expect(gone).rejects.toMatchObject({ code: 'ABORTED' });
    await expect(slots.acquire(small, abort.signal)).rejects.toMatchObject({ code: 'ABORTED' });
    held[Symbol.dispose]();
    await next;
  });
});

async function settled(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}
