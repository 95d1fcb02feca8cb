import { describe, expect, it } from 'vitest';
import { writeExt4 } from '../../../../../src/formats/ext4/writer/write-ext4.ts';
import { anyIdentity } from '../../../../support/ext4-image.ts';
import { memoryTree } from '../../../../support/memory-tree.ts';

const files = Array.from({ length: 300 }, (_, i) => ({ path: `d/${i}`, content: Buffer.alloc(100_000, i) }));
const options = { identity: anyIdentity, selfCheck: true };

function collector() {
  const image = Buffer.alloc(64 << 20);
  let last = 0;
  const write = (data: Uint8Array, position: number) => {
    expect(position).toBeGreaterThanOrEqual(last);
    last = position + data.length;
    image.set(data, position);
  };
  return { image, write };
}

describe('what the writer gives to its sink', () => {
  it('comes in rising positions, and is the same whether the sink is slow or not', async () => {
    const fast = collector();
    await writeExt4(memoryTree(files), fast, options);
    const slow = collector();
    const write = async (data: Uint8Array, position: number) => {
      // Nothing may touch the bytes while they are on their way.
      const before = Buffer.from(data);
      await new Promise((resolve) => setTimeout(resolve, 1));
      expect(before.equals(data)).toBe(true);
      slow.write(data, position);
    };
    await writeExt4(memoryTree(files), { write }, options);
    expect(slow.image.equals(fast.image)).toBe(true);
  });

  it.each(['at once', 'later'])('a failure %s ends the work and is passed on', async (when) => {
    let calls = 0;
    const sink = {
      write: (): void | Promise<void> => {
        if (++calls < 5) return undefined;
        if (when === 'later') return Promise.reject(new Error('disk full'));
        throw new Error('disk full');
      },
    };
    await expect(writeExt4(memoryTree(files), sink, options)).rejects.toThrow('disk full');
    expect(calls).toBeLessThan(12);
  });

  it('an abort ends the work', async () => {
    const controller = new AbortController();
    let calls = 0;
    const write = async () => {
      if (++calls === 4) controller.abort();
    };
    await expect(
      writeExt4(memoryTree(files), { write }, { ...options, signal: controller.signal }),
    ).rejects.toMatchObject({ code: 'ABORTED' });
    expect(calls).toBeLessThan(12);
  });

  it('a layer that is shorter than its index says is noticed', async () => {
    const tree = memoryTree(files);
    const layers = [{ data: { size: 1000, read: () => 0 } }];
    const broken = { layers, walk: () => tree.walk() };
    await expect(writeExt4(broken, { write: () => {} }, options)).rejects.toThrow('layer 0 ends before');
  });
});
