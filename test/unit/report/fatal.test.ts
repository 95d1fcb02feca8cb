import { expect, it } from 'vitest';
import { FirekilnError } from '../../../src/base/errors/firekiln-error.ts';
import { describeError } from '../../../src/report/fatal.ts';

it('keeps escape sequences of steps and file names from the terminal', () => {
  const evil = '\x1b[2Jred\x1b]0;title\x07';
  const error = new FirekilnError('RUN_FAILED', evil, { details: [evil], hint: evil });
  expect(describeError(error)).toEqual(['error[RUN_FAILED]: red', '  | red', 'hint: red']);
});
