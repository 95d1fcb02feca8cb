import { expect, it } from 'vitest';
import { byteStringFromText } from '../../../src/base/byte-string.ts';
import { readIgnoreRules } from '../../../src/build/ignore-rules.ts';

const rulesOf = async (text: string) =>
  await readIgnoreRules({ dockerfile: undefined, beside: async () => undefined, inContext: async () => text });
const at = (startLine: number) => ({ file: '.dockerignore', ranges: [{ startLine, endLine: startLine }] });

it('blames the line of a pattern that is wrong', async () => {
  await expect(rulesOf('a\n# [\nb[\n')).rejects.toMatchObject({ code: 'PATTERN_INVALID', source: at(3) });
});

it('blames the line of a pattern of which only a match shows that it is wrong', async () => {
  const rules = await rulesOf('a\n\n[z-a]\n');
  const match = (path: string) => () => rules?.filter.match(byteStringFromText(path), undefined);
  expect(match('b')).toThrow(
    expect.objectContaining({ code: 'PATTERN_INVALID', source: expect.objectContaining(at(3)) }),
  );
});
