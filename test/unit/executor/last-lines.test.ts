import { expect, it } from 'vitest';
import { LastLines } from '../../../src/executor/last-lines.ts';

const bytes = (text: string) => Buffer.from(text);

it('keeps lines of several streams in the order of their ends', () => {
  const lines = new LastLines();
  lines.push('stdout', bytes('half of '));
  lines.push('stderr', bytes('error\nmore '));
  lines.push('stdout', bytes('one\ntwo\n'));
  lines.push('stderr', bytes('errors'));
  expect(lines.get()).toEqual(['error', 'half of one', 'two', 'more errors']);
});

it('keeps the last of many lines, and the end of a long one', () => {
  const lines = new LastLines();
  for (let i = 0; i < 1000; i++) lines.push('stdout', bytes(`${i}\n`));
  expect(lines.get().at(-1)).toBe('999');
  expect(lines.get().length).toBeLessThan(100);
  for (let i = 0; i < 100; i++) lines.push('stdout', bytes('x'.repeat(10_000)));
  lines.push('stdout', bytes('end'));
  expect(lines.get().at(-1)).toMatch(/^x+end$/);
  expect(lines.get().at(-1)?.length).toBeLessThan(10_000);
});
