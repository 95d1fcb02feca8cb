import { expect, it, vi } from 'vitest';
import { FirekilnError } from '../../../src/base/errors/firekiln-error.ts';
import { describeError, reportFatal } from '../../../src/report/fatal.ts';

it('keeps escape sequences of steps and file names from the terminal', () => {
  const evil = '\x1b[2Jred\x1b]0;title\x07';
  const error = new FirekilnError('RUN_FAILED', evil, { details: [evil], hint: evil });
  expect(describeError(error)).toEqual(['error[RUN_FAILED]: red', '  | red', 'hint: red']);
});

it('tells of what failed first, not of what failed on the way out', () => {
  const written: string[] = [];
  const write = vi.spyOn(process.stderr, 'write').mockImplementation((text) => written.push(String(text)) > 0);
  const first = new FirekilnError('DISK_FULL', 'no room');
  const status = reportFatal(new SuppressedError(new Error('closing'), new SuppressedError(new Error('too'), first)));
  write.mockRestore();
  expect(status).toBe(1);
  expect(written.join('')).toBe('error[DISK_FULL]: no room\n');
});
