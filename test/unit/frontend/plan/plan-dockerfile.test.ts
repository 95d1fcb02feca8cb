import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sha256 } from '../../../../src/base/digest.ts';
import { FirekilnError } from '../../../../src/base/errors/firekiln-error.ts';
import { readDockerfile } from '../../../../src/frontend/instructions/read-dockerfile.ts';
import { planDockerfile } from '../../../../src/frontend/plan/plan-dockerfile.ts';
import { parseDockerfile } from '../../../../src/frontend/syntax/parse-dockerfile.ts';
import type { HttpFetcher } from '../../../../src/ops/environment.ts';
import { type BuildBed, openBuildBed } from '../../../support/build-bed.ts';
import { planRequest } from '../../../support/plan-request.ts';

describe('planning a Dockerfile', () => {
  let folder: string;
  let bed: BuildBed;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'firekiln-plan-'));
    bed = await openBuildBed(folder);
  });
  afterAll(async () => {
    await bed[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  });

  const lines = (count: number, line: (at: number) => string) =>
    Array.from({ length: count }, (_, at) => `${line(at)}\n`).join('');

  it('takes tens of thousands of variables', async () => {
    const { config } = await bed.buildText(`FROM scratch\n${lines(40_000, (at) => `ENV a${at}=b`)}ENV a7=c\n`);
    expect(config.config?.Env?.slice(7, 9)).toEqual(['a6=b', 'a7=c']);
  });

  it.each([
    ['stages over stages', `${lines(20_000, (at) => `ENV a${at}=b`)}${lines(30, (at) => `FROM s${at} AS s${at + 1}`)}`],
    ['steps with variables', `${lines(20_000, (at) => `ENV a${at}=b`)}${lines(300, (at) => `RUN x${at}`)}`],
    ['layers', lines(1025, () => 'COPY a /')],
  ])('bounds what %s keep', async (_, text) => {
    await expect(bed.buildText(`FROM scratch AS s0\n${text}`)).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' });
  });

  const http = (path: string): HttpFetcher => ({
    identify: async () => sha256('served'),
    fetch: async () => ({ path, mtimeSec: 1, [Symbol.asyncDispose]: async () => {} }),
  });

  it.each([
    ['a.txt', '/a.txt'],
    ['d/a%20b.txt?x=1#y', '/a b.txt'],
    ['d%2Fname', '/name'],
    ['d/', '/d'],
    ['', '/__unnamed__'],
    ['d/..', '/download'],
    ['caf%C3%A9', '/caf\u00c3\u00a9'],
  ])('names what ADD fetches from http://host/%s', async (path, name) => {
    const served = join(folder, 'served');
    await writeFile(served, 'served');
    const image = await bed.buildText(`FROM scratch\nADD http://host/${path} /\n`, {}, {}, { http: http(served) });
    expect([...(await bed.facts(image)).keys()].filter((it) => it !== '/')).toEqual([name]);
  });

  it('refuses a URL with a wrong escape', async () => {
    await expect(bed.buildText('FROM scratch\nADD http://host/a%zz /\n')).rejects.toMatchObject({
      code: 'DOCKERFILE_PLAN',
    });
  });

  it('refuses a wrong pattern also where there is nothing to match', async () => {
    await expect(bed.buildText('FROM scratch\nCOPY [ /\n')).rejects.toMatchObject({ code: 'PATTERN_INVALID' });
  });

  it.each([
    ['COPY left-out /', /The ignore file \(\.dockerignore\) leaves left-out out/],
    ['COPY a --chown=1 /', /Flags such as --chown stand before all sources/],
    ['COPY lost-file /', /Did you mean last-file\?/],
    ['HEALTHCHECK CDM x', /Did you mean CMD\?/],
    ['RUN --network=nonee x', /Did you mean none\?/],
    ['&& make', /needs a continuation/],
    ['R\0U\0N\0 \0x\0', /UTF-16/],
    ['INCLUDE x', /Instructions are ADD, ARG/],
  ])('tells of %s what may be meant', async (line, hint) => {
    const files = { 'left-out': '', 'last-file': '', a: '', '.dockerignore': 'left-*\n' };
    await expect(bed.buildText(`FROM scratch\n${line}\n`, files)).rejects.toMatchObject({
      hint: expect.stringMatching(hint) as string,
      source: { ranges: [{ startLine: 2 }] },
    });
  });

  it.each([
    [
      'FROM later',
      /later is not here; a stage of this name is defined later, on line 3$/,
      /above it only.*stage later/,
    ],
    ['FROM Later', /no image name.*; a stage of this name is defined later, on line 3$/, /stage later/],
    ['FROM scratch\nCOPY --from=later a /', /takes files from later.*not finished/, /on line 4,/],
    ['FROM scratch\nRUN --mount=from=later,target=/x true', /mounts files of later.*not finished/, /on line 4,/],
  ])('tells where the stage is that %j means', async (first, message, hint) => {
    const text = `${first}\nLABEL a=b\nFROM scratch AS later\nCOPY a /\nFROM scratch\nCOPY --from=0 / /\n`;
    await expect(bed.buildText(text, { a: '' })).rejects.toMatchObject({
      message: expect.stringMatching(message) as string,
      hint: expect.stringMatching(hint) as string,
      source: { ranges: [{ startLine: first.split('\n').length }] },
    });
  });

  it.each([
    ['FROM biuld', 'Did you mean the stage build?'],
    ['FROM Build', 'Did you mean the stage build?'],
    ['FROM scratch\nCOPY --from=Bild a /', 'Did you mean the stage build?'],
    ['FROM scratch\nRUN --mount=from=biuld,target=/x true', 'Did you mean the stage build?'],
    [
      'FROM scratch\nCOPY --from=latr a /\nFROM scratch AS later\nFROM scratch\nCOPY --from=1 / /',
      'Did you mean the stage later?',
    ],
    ['FROM latr\nFROM scratch AS later\nFROM scratch\nCOPY --from=1 / /', undefined],
  ])('tells which stage is nearly the name of %j', async (text, hint) => {
    await expect(bed.buildText(`FROM scratch AS build\n${text}\n`, { a: '' })).rejects.toMatchObject({ hint });
  });

  it('shows the last FROM where there is no stage of the name that is asked for', async () => {
    const text = 'FROM scratch AS build\nFROM scratch\nLABEL a=b\n';
    await expect(bed.buildText(text, {}, { target: 'biuld' })).rejects.toMatchObject({
      hint: 'Did you mean build?',
      source: { ranges: [{ startLine: 2 }] },
    });
  });

  it.each([
    ['history', lines(140, () => `LABEL a=${'x'.repeat(60_000)}`), 141],
    ['history and labels', lines(75, (at) => `LABEL a${at}=${'x'.repeat(60_000)}`), 1],
  ])('refuses a config that is too large by its %s, before anything is built', async (_, text, startLine) => {
    await expect(bed.buildText(`FROM scratch\n${text}COPY lost /\n`)).rejects.toMatchObject({
      code: 'LIMIT_EXCEEDED',
      source: { ranges: [{ startLine }] },
    });
  });

  it('counts the paths that the sources of an instruction stand for', async () => {
    const files = Object.fromEntries(Array.from({ length: 250 }, (_, at) => [`a${at}`, '']));
    await expect(bed.buildText(`FROM scratch\nCOPY ${'a* '.repeat(2001)} /d/\n`, files)).rejects.toMatchObject({
      code: 'LIMIT_EXCEEDED',
      source: { ranges: [{ startLine: 2 }] },
    });
  });

  it('counts the triggers that stages run', async () => {
    const stages = `${lines(110, (at) => `FROM base AS s${at}`)}FROM scratch\n${lines(110, (at) => `COPY --from=s${at} / /`)}`;
    await expect(
      bed.buildText(`FROM scratch AS base\n${'ONBUILD USER a\n'.repeat(1000)}${stages}`),
    ).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED', source: { ranges: [{ startLine: 1102 }] } });
  });

  it('looks for a few bases at a time, and for no more once one is not found', async () => {
    const text = `${lines(100, (at) => `FROM lost${at} AS s${at}`)}FROM scratch\n${lines(100, (at) => `COPY --from=s${at} / /`)}`;
    let asked = 0;
    const resolveImage = async (name: string) => {
      asked++;
      await nextTurn();
      throw new FirekilnError('BASE_NOT_FOUND', `${name} is not here`);
    };
    const dockerfile = readDockerfile(parseDockerfile({ file: 'Dockerfile', text }));
    const contexts = { main: { type: 'folder', name: '' } as const, named: () => undefined };
    await expect(planDockerfile({ ...planRequest, dockerfile, contexts, resolveImage })).rejects.toMatchObject({
      code: 'BASE_NOT_FOUND',
      source: { ranges: [{ startLine: 1 }] },
    });
    await nextTurn();
    expect(asked).toBeLessThanOrEqual(20);
  });

  it('counts the ports of all EXPOSE instructions', async () => {
    const ports = 'EXPOSE 0-65535\n'.repeat(8);
    const text = `FROM scratch AS a\n${ports}FROM scratch\n${ports}COPY --from=a / /\n`;
    await expect(bed.buildText(text)).rejects.toMatchObject({
      code: 'LIMIT_EXCEEDED',
      source: { ranges: [{ startLine: 18 }] },
    });
  });

  it('counts the patterns of all --exclude flags', async () => {
    const line = `COPY ${`--exclude=${'a'.repeat(990)} `.repeat(30)} a /\n`;
    await bed.buildText(`FROM scratch\n${line.repeat(8)}`, { a: '' });
    await expect(bed.buildText(`FROM scratch\n${line.repeat(9)}`, { a: '' })).rejects.toMatchObject({
      code: 'LIMIT_EXCEEDED',
      source: { ranges: [{ startLine: 10 }] },
    });
  });

  it.each([['COPY --from=c a /'], ['RUN --mount=from=c,target=/x true']])(
    'tells that %s closes a circle over bases, if that is needed',
    async (line) => {
      const text = `FROM scratch AS a\n${line}\nFROM a AS b\nFROM b AS c\n`;
      await expect(bed.buildText(text)).rejects.toMatchObject({
        message: 'stages need each other in a circle: a -> c -> b -> a',
        source: { ranges: [{ startLine: 2 }] },
      });
      await bed.buildText(`${text}FROM scratch\n`);
    },
  );

  it('looks at nothing that only a stage copies from which a context stands for', async () => {
    const text =
      'FROM nowhere AS a\nVOLUME ["$NONE"]\nFROM scratch AS b\nCOPY --from=a /x /\nFROM scratch\nCOPY --from=b . /\n';
    const here = join(folder, 'here');
    await mkdir(here);
    const image = await bed.buildText(text, {}, { buildContexts: new Map([['b', here]]) });
    expect(image.layers).toHaveLength(1);
  });

  it('takes a later stage neither for what it is nor for what has its own name', async () => {
    const error = await bed.buildText('FROM nowhere AS nowhere\nCOPY a /\n', { a: '' }).catch((it: unknown) => it);
    expect(error).toMatchObject({ code: 'BASE_NOT_FOUND', message: 'nowhere is not here' });
    bed.images.set('later', []);
    await bed.buildText('FROM later\nLABEL a=b\nFROM scratch AS later\nFROM scratch\nCOPY --from=0 / /\n');
  });
});
