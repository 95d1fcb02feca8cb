import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readIgnoreFile } from '../../../../src/formats/patterns/ignore-file.ts';
import { pageOf, type RuleName, rules } from '../../../../src/frontend/lint/rules.ts';
import { check, plainBase } from '../../../support/check.ts';

const root = new URL('../../../../', import.meta.url).pathname;
const names = Object.keys(rules) as RuleName[];

/** The code blocks of one section of a page. */
function blocksOf(page: string, section: string): { language: string; text: string }[] {
  const start = page.indexOf(`## ${section}\n`);
  const end = page.indexOf('\n## ', start + 1);
  const body = page.slice(start, end < 0 ? undefined : end);
  return Array.from(body.matchAll(/```(\w+)\n(.*?)```/gs), ([, language = '', text = '']) => ({ language, text }));
}

function textsFor(rule: RuleName, page: string, section: 'Bad' | 'Good'): string[] {
  const blocks = blocksOf(page, section);
  const dockerfile = blocks.find(({ language }) => language === 'dockerfile')?.text;
  const ignore = blocks.find(({ language }) => language === 'text')?.text;
  if (dockerfile === undefined) throw new Error(`${rule}: no Dockerfile under ${section}`);
  const { warnings, error } = check(dockerfile, {
    ignorePatterns: ignore === undefined ? undefined : readIgnoreFile(ignore),
    baseOf: (_, reference) =>
      reference === 'example.org/arm-only'
        ? { ...plainBase, platform: { os: 'linux', architecture: 'arm64' } }
        : plainBase,
  });
  if (error !== undefined && rule !== 'InvalidDefaultArgInFrom') throw error;
  return warnings.filter((warning) => warning.rule === rule).map(({ text }) => text);
}

describe('the pages of the checks', () => {
  it('has one for each rule and no other', () => {
    const files = readdirSync(`${root}docs/checks`).map((name) => `docs/checks/${name}`);
    expect(files.sort()).toEqual([...names.map(pageOf), 'docs/checks/README.md'].sort());
  });

  it.each(names)('%s: the bad example gives the output, the good one nothing', (rule) => {
    expect(existsSync(root + pageOf(rule))).toBe(true);
    const page = readFileSync(root + pageOf(rule), 'utf8');
    expect(page.startsWith(`# ${rule}\n`)).toBe(true);
    expect(blocksOf(page, 'Output').map(({ text }) => text.trim())).toEqual(textsFor(rule, page, 'Bad'));
    expect(textsFor(rule, page, 'Good')).toEqual([]);
  });
});
