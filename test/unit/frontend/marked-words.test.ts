import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type FirekilnError, isFirekilnError } from '../../../src/base/errors/firekiln-error.ts';
import { formatPlace } from '../../../src/base/errors/source-excerpt.ts';
import type { BuildRequest } from '../../../src/build/build-request.ts';
import { type BuildBed, openBuildBed } from '../../support/build-bed.ts';

/** The second line of a Dockerfile, what is marked in « »; and the hint, where there is one. */
type Row = readonly [line: string, hint?: string | RegExp];

const rows: Readonly<Record<string, readonly Row[]>> = {
  mounts: [
    ['RUN --mount=type=«bnd»,target=/x true', 'Did you mean bind?'],
    ['RUN --mount=type=cache,«targt»=/x true', 'Did you mean target?'],
    ['RUN --mount=type=cache,target=/x,sharing=«lockd» true', 'Did you mean locked?'],
    ['RUN --mount=type=cache,«target» true'],
    ['RUN --mount=type=tmpfs,target=/x,size=«big» true'],
    ['RUN --mount=type=cache,uid=1,target=/x,id=a,gid=«me» true'],
    ['RUN --mount=type=cache,target=/x,mode=«999» true'],
    ['RUN --mount=type=bind,target=/x,ro=«maybe» true'],
    ['RUN --mount=type=bind,target=/x,«required» true', 'Put type= before the other keys.'],
    ['RUN --mount=type=bind,target=/x,«mode»=755 true'],
    ['RUN --mount=type=bind,target=/x,«sharing»=shared true'],
    ['RUN --mount=type=cache,target=/y «--mount=type=secret» true'],
    ['RUN --mount=type=ssh,«source»=x true'],
    ['RUN «--mount=type=cache» true', 'Give target= a folder or file below the root.'],
    ['RUN --mount=type=bind,«from=$X»,target=/x true', /^Give the image a name/],
    ['RUN --mount=«from=Bad!»,target=/x true', /^Names look like/],
    ['RUN --mount=type=cache,target=/x,id=«${NO:?id}» true'],
  ],
  'flags of RUN': [
    ['RUN «--mout»=type=cache,target=/y true', 'Did you mean --mount?'],
    ['RUN --network=«nonee» true', 'Did you mean none?'],
    ['RUN «--network=host» true', /^The default network/],
    ['RUN --security=«insecur» true', 'Did you mean insecure?'],
    ['RUN «--security=insecure» true', /^Pass --allow/],
    ['RUN --device=name=a,«requird» true', 'Did you mean required?'],
  ],
  'words of metadata': [
    ['EXPOSE 8080 «80/tpc»', /^EXPOSE takes ports/],
    ['EXPOSE 90 «${P:-80/x}»', /^EXPOSE takes ports/],
    ['STOPSIGNAL «SIGTEMR»', 'Did you mean SIGTERM?'],
    ['STOPSIGNAL «0»', /^Name a signal/],
    ['STOPSIGNAL «"SIGTERM»', /^To mean the character/],
    ['HEALTHCHECK «--intervall»=1s CMD x', 'Did you mean --interval?'],
    ['HEALTHCHECK --interval=«1» CMD x'],
    ['HEALTHCHECK --retries=«x» CMD x'],
    ['HEALTHCHECK «NNE»', 'Did you mean NONE?'],
    ['USER «${U:?no user}»'],
    ['WORKDIR /a/«${W!»x}'],
    ['VOLUME /a «${V:?volume}» /b'],
    ['VOLUME /a «$NOPE»'],
    ['LABEL a=«${X:?label}»'],
    ['ENV A=«${X»', /^Write \$\{NAME\}/],
    ["ENV A=«'x»", /^To mean the character/],
    ['ENV A="${B:-«${C:?inner}»}"'],
    ['ARG A=1 B=${A:?} C=«${Z:?c}»'],
    ['«RNU» x', 'Did you mean RUN?'],
  ],
  'COPY and ADD': [
    ['ADD --checksum=«sha256:abc» http://h/a /'],
    ['ADD «--checksum=sha256:abc» a /'],
    ['ADD «--chekcsum»=x http://h/a /', 'Did you mean --checksum?'],
    ['ADD --keep-git-dir=«maybe» https://h/b.git /'],
    ['ADD a «http://host/a%zz» /'],
    ['COPY --chown=«a:b» --link a /', /^Write uid:gid/],
    ['COPY --chown=«nobody» a /', 'Write the owner as numbers.'],
    ['COPY --chmod=«999» a /', /^Write an octal number/],
    ['COPY --chmod=«u+q» a /', /^Write an octal number/],
    ['COPY --from=«$X» a /', /^Put ARG NAME/],
    ['COPY --from=«5» a /', 'Stages: st.'],
    ['COPY --from=«Bad!» a /', /^Names look like/],
    ['COPY --from=«st» a /'],
    ['COPY a «http://h/a» /', 'ADD does.'],
    ['COPY a «lost» aa /'],
    ['COPY ./«lost» /'],
    ['COPY ["a", «"lost"», "/"]'],
    ['COPY --parents a «lost/x» /'],
    ['COPY a «lo\\st» "l" /'],
    ['COPY «./${SUB:-sub}/lost» aa /'],
    ['COPY a «${SUB:-lost/}"$SUB"x» /'],
    ['COPY --exclude=«[» a /', /^To mean one of/],
    ['COPY lost a* «[» /d/', /^To mean one of/],
    ['COPY «<<EOF» /x'],
  ],
  FROM: [
    ['FROM --platform=«lin!ux» scratch', /^Platforms look like/],
    ['FROM --platform=«$P» scratch'],
    ['FROM --platform=linux/amd64 «$BASE»', /^Give the ARG/],
    ['FROM «alpnie»', 'Did you mean alpine?'],
    ['FROM «s» AS other', 'Did you mean the stage st?'],
    ['FROM scratch AS «1x»'],
  ],
};

describe('an error of a Dockerfile', () => {
  let folder: string;
  let bed: BuildBed;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'firekiln-marks-'));
    bed = await openBuildBed(folder);
  });
  afterAll(async () => {
    await bed[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  });

  async function errorOf(text: string, request: Partial<BuildRequest> = {}): Promise<FirekilnError> {
    try {
      await bed.buildText(text, { a: '', aa: '' }, request);
    } catch (error) {
      if (isFirekilnError(error)) return error;
      throw error;
    }
    throw new Error('it was built');
  }

  /** The text with « » around what the error marks. */
  function marked({ source }: FirekilnError): string {
    const { text = '', focus } = source ?? {};
    const lines = text.split('\n');
    const insert = (line: number, column: number, mark: string) => {
      const old = lines[line - 1] ?? '';
      lines[line - 1] = old.slice(0, column) + mark + old.slice(column);
    };
    if (focus?.startColumn === undefined || focus.endColumn === undefined) return text;
    insert(focus.endLine, focus.endColumn, '»');
    insert(focus.startLine, focus.startColumn - 1, '«');
    return lines.join('\n');
  }

  const plain = (text: string) => text.replaceAll(/[«»]/g, '');

  it.each(Object.entries(rows).flatMap(([of, some]) => some.map(([line, hint]) => ({ of, line, hint }))))(
    'of $of marks its words: $line',
    async ({ line, hint }) => {
      const text = `FROM scratch AS st\n${line}\n`;
      const error = await errorOf(plain(text));
      expect(marked(error)).toBe(text);
      expect(error.source && formatPlace(error.source)).toMatch(new RegExp(`:2:${line.indexOf('«') + 1}$`));
      if (hint === undefined) expect(error.hint ?? '').not.toMatch(/mean/);
      else if (typeof hint === 'string') expect(error.hint).toBe(hint);
      else expect(error.hint).toMatch(hint);
    },
  );

  it.each([
    ['on a line that continues', 'FROM scratch\nENV A=1 \\\n# comment\n    B=«${X:?b}»\n', 2],
    ['in a here-document', 'FROM scratch\nCOPY <<EOF /x\nline «${X:?body}»\nEOF\n', 2],
    ['before the first FROM', 'ARG A=b V=«${X:?version}»\nFROM scratch\n', 1],
    ['of stages in a circle', 'FROM scratch AS a\nCOPY --from=«b» a /\nFROM scratch AS b\nCOPY --from=a a /\n', 2],
    ['of a mount in a circle', 'FROM scratch AS a\nRUN --mount=«from=a»,target=/x true\n', 2],
    ['of a check option', '# check=skip=all;«eror=true»\nFROM scratch\n', 1],
  ])('%s marks its words and blames the line of BuildKit', async (_, text, line) => {
    const error = await errorOf(plain(text));
    expect(marked(error)).toBe(text);
    expect(error.source?.ranges[0]?.startLine).toBe(line);
  });

  it.each([
    ['STOPSIGNAL SIGTEMR', /: STOPSIGNAL SIGTEMR is no signal$/],
    ['HEALTHCHECK NNE', /: HEALTHCHECK has the kind "NNE"/],
    ['COPY --from=nosuch a /', /: nosuch is not here$/],
    ['COPY --chown=${X:?owner} a /', /: X: owner$/],
    ['COPY lost /', /: \/lost was not found/],
  ])('of ONBUILD %s shows the FROM and names the instruction', async (trigger, message) => {
    const error = await errorOf(`FROM scratch AS base\nONBUILD ${trigger}\nFROM base\nLABEL a=b\n`);
    expect(marked(error)).toContain('\nFROM «base»\n');
    expect(error.message.startsWith(`ONBUILD ${trigger}, left by the base: `)).toBe(true);
    expect(error.message).toMatch(message);
  });

  it.each([
    ['FROM scratch AS a\nCOPY --from=$X a /\n', 'DOCKERFILE_PLAN', /no stage "none"/],
    ['FROM scratch AS a\nCOPY --from=a a /\n', 'DOCKERFILE_PLAN', /no stage "none"/],
    ['FROM scratch AS a\nFROM $X\n', 'DOCKERFILE_PLAN', /names no base/],
    ['FROM scratch AS a\nUSERR x\n', 'DOCKERFILE_INSTRUCTION', /unknown instruction/],
  ])('comes in the order of BuildKit where --target names no stage: %j', async (text, code, message) => {
    expect(await errorOf(text, { target: 'none' })).toMatchObject({
      code,
      message: expect.stringMatching(message) as string,
    });
  });

  it.each([
    ['My/App', 'Did you mean my/app?'],
    ['a:b:c', /^Names look like app, /],
    ['a/b:', /^Names look like app, /],
  ])('of the tag %s says what a tag looks like', async (tag, hint) => {
    const error = await errorOf('FROM scratch\n', { tags: [tag] });
    expect(error.code).toBe('REFERENCE_INVALID');
    expect(error.hint).toMatch(hint);
  });

  it('is none where a check is not known, which is told of', async () => {
    await bed.buildText('# check=skip=JSONArgsRecomended\nFROM scratch\n# check=skip=Nothing\nCMD x\n');
    const told = bed.events.flatMap((it) => (it.event === 'message' ? [[it.text, it.hint]] : []));
    expect(told).toEqual([
      [expect.stringMatching(/:1: .*"JSONArgsRecomended"/), 'Did you mean JSONArgsRecommended?'],
      [expect.stringMatching(/:4: .*"Nothing"/), undefined],
    ]);
  });
});
