import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { isFirekilnError } from '../../../src/base/errors/firekiln-error.ts';
import { compilePatternSet } from '../../../src/formats/patterns/pattern-set.ts';
import { expandInstruction } from '../../../src/frontend/instructions/expand-instruction.ts';
import { readDockerfile } from '../../../src/frontend/instructions/read-dockerfile.ts';
import { dumpTree } from '../../../src/frontend/syntax/dump-tree.ts';
import { parseDockerfile } from '../../../src/frontend/syntax/parse-dockerfile.ts';
import { expandToWords, expandWord } from '../../../src/frontend/words/expand.ts';
import { variablesFromEnv } from '../../../src/frontend/words/variables.ts';

/** What comparing with BuildKit v0.34.2 has brought to light, with BuildKit's answers. */
function cases<T>(name: string): T[] {
  return JSON.parse(readFileSync(new URL(`../../cases/frontend/${name}.json`, import.meta.url), 'utf8')) as T[];
}

function blamedBy(run: () => unknown): number[] | undefined {
  try {
    run();
    return undefined;
  } catch (error) {
    if (!isFirekilnError(error)) throw error;
    const { startLine = 0, endLine = -1 } = error.source?.ranges[0] ?? {};
    return Array.from({ length: endLine - startLine + 1 }, (_, index) => startLine + index);
  }
}

interface ParseCase {
  readonly name: string;
  readonly dockerfile: string;
  readonly blames?: readonly number[];
  readonly dump?: string;
  readonly lines?: readonly number[][];
  readonly comments?: readonly string[][];
}

describe('parser cases', () => {
  it.each(cases<ParseCase>('parse'))('$name', ({ dockerfile, blames, dump, lines, comments }) => {
    const parse = () => parseDockerfile({ file: 'Dockerfile', text: dockerfile });
    if (blames !== undefined) {
      expect(blamedBy(parse)).toEqual(blames);
      return;
    }
    const tree = parse();
    expect(dumpTree(tree)).toBe(dump);
    expect(tree.instructions.map(({ range }) => [range.startLine, range.endLine])).toEqual(lines);
    expect(tree.instructions.map((node) => node.comments)).toEqual(comments);
  });
});

interface InstructionCase {
  readonly name: string;
  readonly dockerfile: string;
  readonly blames?: readonly number[];
  readonly fails?: boolean;
}

describe('instruction cases', () => {
  it.each(cases<InstructionCase>('instructions'))('$name', ({ dockerfile, blames, fails }) => {
    const read = () => readDockerfile(parseDockerfile({ file: 'Dockerfile', text: dockerfile }));
    expect(blamedBy(read)).toEqual(blames);
    if (blames !== undefined) return;
    const expander = { word: (text: string) => text, body: (text: string) => text };
    const expand = () =>
      read().stages.flatMap((stage) => stage.instructions.map((it) => expandInstruction(it, expander)));
    expect(blamedBy(expand) !== undefined).toBe(fails);
  });
});

interface WordCase {
  readonly name: string;
  readonly word: string;
  readonly env: readonly string[];
  readonly fails?: boolean;
  readonly text?: string;
  readonly words?: readonly string[];
}

describe('word cases', () => {
  it.each(cases<WordCase>('words'))('$name', ({ word, env, fails, text, words }) => {
    const variables = variablesFromEnv(env);
    const options = { escape: '\\' } as const;
    if (fails) {
      expect(() => expandWord(word, variables, options)).toThrow();
      return;
    }
    expect(expandWord(word, variables, options).text).toBe(text);
    expect(expandToWords(word, variables, options)).toEqual(words);
  });
});

interface PatternCase {
  readonly name: string;
  readonly patterns: readonly string[];
  readonly paths: readonly string[];
  readonly matched: readonly boolean[];
}

describe('pattern cases', () => {
  it.each(cases<PatternCase>('patterns'))('$name', ({ patterns, paths, matched }) => {
    const set = compilePatternSet(patterns);
    expect(paths.map((path) => set.matches(path))).toEqual(matched);
  });
});
