import { expect, it } from 'vitest';
import { runFirekiln } from '../../support/run-firekiln.ts';

it.each([
  ['run', 125],
  ['exec web', 125],
  ['run --no-such-flag img', 125],
  ['ps --no-such-flag', 2],
])('`firekiln %s` ends with the status that docs/exit-status.md promises', async (words, status) => {
  const { code, stderr } = await runFirekiln('/nonexistent', words.split(' '));
  expect(stderr).toContain('error[USAGE]');
  expect(code).toBe(status);
});
