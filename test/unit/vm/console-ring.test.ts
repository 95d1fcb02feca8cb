import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ConsoleRing } from '../../../src/vm/console-ring.ts';

describe('ConsoleRing', () => {
  it('keeps exactly the last bytes, however they came', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 50 }),
        fc.array(fc.string({ unit: 'grapheme-ascii', maxLength: 40 }), { maxLength: 600 }),
        (capacity, texts) => {
          const ring = new ConsoleRing(capacity);
          for (const text of texts) ring.write(Buffer.from(text));
          expect(ring.tail()).toBe(texts.join('').slice(-capacity));
        },
      ),
    );
  });

  it('does not keep a caller buffer that is changed afterwards', () => {
    const ring = new ConsoleRing();
    const chunk = Buffer.from('abc');
    ring.write(chunk);
    chunk.fill('x');
    expect(ring.tail()).toBe('abc');
  });
});
