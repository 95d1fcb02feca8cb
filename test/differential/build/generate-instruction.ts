import fc from 'fast-check';
import { copyLines } from './generate-copy.ts';
import { metadataLines } from './generate-metadata.ts';
import { remoteLines } from './generate-remote.ts';
import { type Line, mostlyOf } from './generate-words.ts';

/** Instructions that need no VM. */
export function instructions(withFaults: boolean): fc.Arbitrary<Line> {
  const mostly = mostlyOf(withFaults);
  const { copy, copyFrom, add } = copyLines(mostly);
  const plain = fc.oneof(
    { weight: 16, arbitrary: copy },
    { weight: 12, arbitrary: copyFrom },
    { weight: 10, arbitrary: add },
    { weight: 3, arbitrary: remoteLines(mostly).map(always) },
    ...metadataLines(mostly).map((texts) => ({
      weight: 1,
      arbitrary: texts.map(always),
    })),
  );
  const kept = fc.tuple(plain, mostly(fc.constant(false), fc.constant(true))).map(
    ([line, anyway]): Line =>
      (scope) => {
        const text = line(scope);
        return anyway || /^(?!MAINTAINER)\w.*$/.test(text) ? `ONBUILD ${text}` : text;
      },
  );
  const spelled = fc.tuple(plain, fc.nat(spellings.length - 1)).map(
    ([line, how]): Line =>
      (scope) =>
        spellings[how]?.(line(scope)) ?? '',
  );
  return fc.oneof({ weight: 25, arbitrary: plain }, { weight: 2, arbitrary: kept }, { weight: 3, arbitrary: spelled });
}

const always =
  (text: string): Line =>
  () =>
    text;

const spellings: readonly ((text: string) => string)[] = [
  (text) => text.replace(/^\w+/, (keyword) => keyword.toLowerCase()),
  (text) => text.replace(' ', ' \\\n'),
  (text) => text.replace(' ', ' \\\n# between\n\n   '),
  (text) => `  ${text}`,
  (text) => (text.includes('<<') ? text : `${text}   `),
  (text) => text.replace(' ', '\t'),
];
