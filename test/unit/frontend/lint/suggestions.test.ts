import { expect, it } from 'vitest';
import { check } from '../../../support/check.ts';

it('suggests names for unknown ones until that has cost too much', () => {
  const known = Array.from({ length: 1500 }, (_, i) => `ENV abcdefgh${i}=v\n`).join('');
  const unknown = Array.from({ length: 1000 }, (_, i) => `ENV z=$abcdefg${i}\n`).join('');
  const { warnings } = check(`FROM scratch\n${known}${unknown}`);
  expect(warnings).toHaveLength(1000);
  expect(warnings[0]?.text).toMatch(/did you mean \$abcdefgh0\?/);
  expect(warnings.at(-1)?.text).toMatch(/undefined variable '\$abcdefg999'$/);
});

it('takes the last stage of a name for the one that is needed', () => {
  const unneeded = 'FROM scratch AS a\nWORKDIR first\nFROM scratch AS other\nWORKDIR second\n';
  const { warnings } = check(`${unneeded}FROM scratch AS A\nWORKDIR third\nFROM scratch\nCOPY --from=a x /\n`, {
    allStages: false,
  });
  expect(warnings.filter(({ rule }) => rule === 'WorkdirRelativePath').map(({ text }) => text)).toEqual([
    expect.stringContaining('"third"') as string,
  ]);
});
