import fc from 'fast-check';
import type { LintCase } from './compare-lint.ts';
import type { PatternCase } from './compare-patterns.ts';
import type { WordCase } from './compare-words.ts';

const oneOf = (...texts: string[]): fc.Arbitrary<string> => fc.constantFrom(...texts);

/** Characters that mean something somewhere, among plain ones. */
const sign = oneOf(...'$${}{}:-+?#%/\\\\`\'\'""<<>=,[]()!*.^|&;~@ \t'.split(''), 'a', 'b', 'x', '1', '0', '_', '-');
const oddSign = oneOf(
  '\u00a0',
  '\u0085',
  '\u2028',
  '\u3000',
  '\ufeff',
  'é',
  '漢',
  '😀',
  '\u0000',
  '\v',
  '\f',
  '\r',
  '\u0130',
  'ß',
);
const anySign = fc.oneof({ weight: 40, arbitrary: sign }, { weight: 1, arbitrary: oddSign });
const soup = fc.array(anySign, { maxLength: 24 }).map((signs) => signs.join(''));

const name = oneOf('a', 'b', 'FOO', 'x1', '_', 'PATH', 'unset', '1', '12', '@', '#', '$', '0', '*', 'é');
const value = fc.oneof(
  oneOf(
    '',
    'a',
    'ab',
    'aab',
    'foo/bar.tar.gz',
    'a b  c',
    ' lead',
    'trail ',
    'a*b?c',
    '\\',
    '$x',
    "q'q",
    'é漢😀',
    'a\nb',
    '}',
  ),
  soup,
);
const env = fc
  .array(fc.tuple(oneOf('a', 'b', 'FOO', 'x1', '_', 'PATH', 'é'), value), { maxLength: 4 })
  .map((pairs) => pairs.map(([key, text]) => `${key}=${text}`));

const operator = oneOf(
  '-',
  ':-',
  '+',
  ':+',
  '?',
  ':?',
  '#',
  '##',
  '%',
  '%%',
  '/',
  '//',
  ':',
  ':#',
  '^',
  ',,',
  '=',
  '@',
);

const { word } = fc.letrec<{ word: string; piece: string }>((tie) => ({
  word: fc.array(tie('piece'), { maxLength: 6, depthIdentifier: 'word' }).map((pieces) => pieces.join('')),
  piece: fc.oneof(
    { maxDepth: 4, depthIdentifier: 'word' },
    { weight: 4, arbitrary: anySign },
    { weight: 2, arbitrary: soup },
    { weight: 2, arbitrary: name.map((it) => `$${it}`) },
    { weight: 2, arbitrary: name.map((it) => `\${${it}}`) },
    {
      weight: 6,
      arbitrary: fc.tuple(name, operator, tie('word')).map(([it, sign, operand]) => `\${${it}${sign}${operand}}`),
    },
    {
      weight: 3,
      arbitrary: fc
        .tuple(name, oneOf('/', '//'), tie('word'), tie('word'))
        .map(([it, slash, from, to]) => `\${${it}${slash}${from}/${to}}`),
    },
    { weight: 2, arbitrary: tie('word').map((it) => `"${it}"`) },
    { weight: 1, arbitrary: tie('word').map((it) => `'${it}'`) },
    { weight: 1, arbitrary: tie('word').map((it) => `\\${it}`) },
  ),
}));

export const wordCase: fc.Arbitrary<WordCase> = fc.record({
  word,
  env,
  escape: fc.constantFrom('\\', '\\', '`'),
  rawQuotes: fc.boolean(),
  rawEscapes: fc.boolean(),
  skipQuotes: fc.boolean(),
  skipUnset: fc.boolean(),
});

const blank = oneOf(' ', ' ', ' ', '  ', '\t', ' \\\n', ' \\\n  ', ' \\\n\n ', ' \\\n# c\n', '\\\n', ' `\n', '\v');
const plainWord = fc.oneof(
  oneOf(
    'alpine',
    'x',
    '/dst/',
    '.',
    'a=b',
    'a="b c"',
    '8080/tcp',
    'NONE',
    'CMD',
    '-c',
    '--',
    'name',
    'AS',
    'as',
    '["a", "b"]',
    '[]',
    '["a"',
    "['a']",
    '[1]',
    'USER',
    '<<EOF',
    '<<-E',
    "<<'E F'",
    '3<<X',
    '<<"EOF"',
    '<< EOF',
    'a=$b',
    '${x:-y}',
  ),
  word,
);
const mountField = fc.oneof(
  fc
    .tuple(
      oneOf(
        'type',
        'from',
        'source',
        'src',
        'target',
        'dst',
        'readonly',
        'ro',
        'rw',
        'readwrite',
        'required',
        'size',
        'id',
        'sharing',
        'mode',
        'uid',
        'gid',
        'env',
        'Type',
        'tpye',
        'x',
      ),
      oneOf(
        'bind',
        'cache',
        'tmpfs',
        'secret',
        'ssh',
        'true',
        'false',
        '1',
        '0',
        'x',
        '',
        '0755',
        '8',
        '1g',
        '1.5KiB',
        '5 mb',
        '1e3',
        'locked',
        'shared',
        'private',
        '$a',
        '${b:-x}',
        '/x',
        '4294967296',
        '-1',
        'a"b',
      ),
    )
    .map(([key, text]) => `${key}=${text}`),
  oneOf('ro', 'readonly', 'required', 'rw', 'x', '"a=b"', '"type=cache"', '""'),
);
const mount = fc.array(mountField, { maxLength: 5 }).map((fields) => `--mount=${fields.join(',')}`);
const flag = fc.oneof(
  mount,
  fc
    .tuple(
      oneOf(
        'platform',
        'chown',
        'chmod',
        'from',
        'link',
        'parents',
        'exclude',
        'checksum',
        'keep-git-dir',
        'unpack',
        'network',
        'security',
        'device',
        'interval',
        'timeout',
        'start-period',
        'start-interval',
        'retries',
        'lnk',
        '',
      ),
      oneOf(
        '',
        '=',
        '=true',
        '=False',
        '=x',
        '="a b"',
        "='a'",
        '=1s',
        '=1m30s',
        '=500us',
        '=0',
        '=-1s',
        '=1.5h',
        '=3',
        '=none',
        '=host',
        '=sandbox',
        '=insecure',
        '=a/b=c,required',
        '=\\ x',
        '=$a',
        '=2x',
        '=1h1',
      ),
    )
    .map(([key, text]) => `--${key}${text}`),
);
const keyword = oneOf(
  'FROM',
  'RUN',
  'CMD',
  'LABEL',
  'MAINTAINER',
  'EXPOSE',
  'ENV',
  'ADD',
  'COPY',
  'ENTRYPOINT',
  'VOLUME',
  'USER',
  'WORKDIR',
  'ARG',
  'ONBUILD',
  'STOPSIGNAL',
  'HEALTHCHECK',
  'SHELL',
  'run',
  'Copy',
  'from',
  'RNU',
  'ONBUILD RUN',
  'ONBUILD COPY',
  'ONBUILD ONBUILD',
  'onbuild add',
);
const instruction = fc
  .tuple(
    oneOf('', '', '', '', ' ', '\t', '\u00a0'),
    keyword,
    fc.array(fc.tuple(blank, flag), { maxLength: 2 }),
    fc.array(fc.tuple(blank, plainWord), { maxLength: 4 }),
    oneOf('', '', '', ' ', '\\', '\r', ' \\'),
  )
  .map(([indent, key, flags, words, end]) => {
    const rest = [...flags, ...words].map(([space, text]) => space + text).join('');
    return `${indent}${key}${rest}${end}`;
  });
const comment = oneOf(
  '#',
  '# x',
  '# escape=`',
  '# escape=\\',
  '#escape = `',
  '# syntax=a',
  '# check=skip=all',
  '#check=error=true;skip=X',
  '  # y',
  '# a desc',
  '# escape=x',
  '#!sh',
  '# base text',
  '',
  '',
  '   ',
  '\u2028',
);
const bodyLine = oneOf('EOF', 'E', '\tE', 'X', 'E F', '\tbody', 'body $a', 'RUN x', '#z', '');
const line = fc.oneof(
  { weight: 8, arbitrary: instruction },
  { weight: 3, arbitrary: comment },
  { weight: 3, arbitrary: bodyLine },
  { weight: 1, arbitrary: soup },
);

/** Dockerfiles that are mostly well-formed, with a FROM first more often than not. */
export const dockerfile: fc.Arbitrary<string> = fc
  .tuple(
    oneOf('', '', '\ufeff', '#!/x\n'),
    fc.array(comment, { maxLength: 2 }),
    fc.boolean(),
    fc.array(line, { maxLength: 8 }),
    oneOf('\n', '\n', '\r\n'),
    oneOf('', '\n'),
  )
  .map(([start, comments, hasFrom, lines, newline, end]) =>
    (start + [...comments, ...(hasFrom ? ['FROM alpine AS base'] : []), ...lines].join(newline) + end).toWellFormed(),
  );

/** A text with some stretches cut out, doubled or replaced by signs. */
export function mutationsOf(texts: readonly string[]): fc.Arbitrary<string> {
  const edit = fc.tuple(fc.nat(), fc.nat({ max: 12 }), fc.oneof(soup, plainWord, blank));
  return fc.tuple(fc.constantFrom(...texts), fc.array(edit, { minLength: 1, maxLength: 5 })).map(([text, edits]) => {
    let result = text;
    for (const [at, length, insert] of edits) {
      const from = at % (result.length + 1);
      result = result.slice(0, from) + insert + result.slice(from + length);
    }
    return result.toWellFormed();
  });
}

// Without | { }, which moby's matcher means to escape and does not (docs/differences.md).
const patternPiece = fc.oneof(
  { weight: 10, arbitrary: oneOf('a', 'b', 'foo', '.', 'x.go', 'A', '1', '_', ' ') },
  { weight: 6, arbitrary: oneOf('/', '/', '//', '/./', '/../') },
  { weight: 6, arbitrary: oneOf('*', '**', '**/', '/**', '?', '***') },
  {
    weight: 4,
    arbitrary: oneOf(
      '[a-b]',
      '[^a]',
      '[ab]',
      '[!a]',
      '[*]',
      '[?/]',
      '[a.]',
      '[[:alpha:]]',
      '[]a]',
      '[b-a]',
      '[\\]]',
      '[\\w]',
      '[a*b]',
      '[a-*]',
      '[-a]',
      '[a',
    ),
  },
  {
    weight: 3,
    arbitrary: oneOf(
      '\\*',
      '\\a',
      '\\d',
      '\\w',
      '\\b',
      '\\.',
      '\\Q',
      '\\E',
      '\\x41',
      '\\pL',
      '\\A',
      '\\z',
      '\\n',
      '\\101',
      '\\\\',
      '\\',
      '\\/',
    ),
  },
  { weight: 2, arbitrary: oneOf('^', '$', '+', '(', ')', '!', '#', ']', '-', ',') },
  { weight: 1, arbitrary: oneOf('é', '漢', '😀', '\u00a0', '\t') },
);
const pattern = fc
  .tuple(
    oneOf('', '', '', '!', '**/', '/', ' '),
    fc.array(patternPiece, { maxLength: 6 }),
    oneOf('', '', '/', ' ', '/**'),
  )
  .map(([start, pieces, end]) => start + pieces.join('') + end);
const pathPiece = oneOf(
  'a',
  'b',
  'foo',
  '.',
  '..',
  'x.go',
  'A',
  '1',
  '_',
  ' ',
  'ab',
  'aab',
  'é',
  '😀a',
  '*',
  'a+b',
  '^',
  '$',
  'a]',
  '[',
  '\\',
  'd',
  'E',
  '-',
  '',
  '\t',
);
const cleanPiece = oneOf(
  'a',
  'b',
  'foo',
  'x.go',
  'A',
  '1',
  '_',
  'ab',
  'aab',
  'é',
  '😀a',
  '*',
  '^a',
  'a]',
  'a.b',
  'd',
  '!a',
);
const path = fc
  .oneof(
    { weight: 4, arbitrary: fc.array(cleanPiece, { minLength: 1, maxLength: 4 }) },
    fc.array(pathPiece, { minLength: 1, maxLength: 4 }),
  )
  .map((parts) => parts.join('/'));

export const patternCase: fc.Arbitrary<PatternCase> = fc.record({
  patterns: fc.array(pattern, { minLength: 1, maxLength: 4 }),
  paths: fc.array(path, { minLength: 1, maxLength: 8 }),
});

export const ignoreFile: fc.Arbitrary<string> = fc
  .tuple(
    oneOf('', '\ufeff'),
    fc.array(fc.oneof(pattern, oneOf('# x', '', ' # y', '! /a/../b', '!', '! ', '/', '..')), { maxLength: 6 }),
    oneOf('\n', '\r\n'),
  )
  .map(([start, lines, newline]) => start + lines.join(newline));

const urlPiece = oneOf(
  'foo',
  'bar.git',
  '/',
  ':',
  '@',
  '.git',
  'a b',
  '%20',
  '%zz',
  '%2F',
  'é',
  '..',
  '.',
  '~',
  '!',
  '[',
  '*',
  '(',
  '\\',
  '"',
  '+',
  '&',
  '=',
  '?',
  '#',
  ';',
);
const gitQuery = fc
  .array(
    fc.tuple(
      oneOf(
        'ref',
        'tag',
        'branch',
        'subdir',
        'checksum',
        'commit',
        'keep-git-dir',
        'submodules',
        'mtime',
        'fetch-by-commit',
        'x',
      ),
      oneOf(
        '',
        '=',
        '=a',
        '=b',
        '=refs/tags/a',
        '=true',
        '=0',
        '=maybe',
        '=commit',
        '=a%20b',
        '=a+b',
        '=%zz',
        '=a;b',
        '=/d/../e',
      ),
    ),
    { maxLength: 3 },
  )
  .map((pairs) => pairs.map((pair) => pair.join('')).join('&'));

export const gitText: fc.Arbitrary<string> = fc
  .tuple(
    oneOf(
      'https://',
      'http://',
      'git://',
      'ssh://',
      'HTTPS://',
      'ftp://',
      'github.com/',
      'git@',
      '',
      './',
      'https:',
      'file://',
      'git+https://',
    ),
    oneOf(
      'host',
      'host.xyz:80',
      'u:p@host',
      'git@host',
      '[::1]:22',
      '[::1',
      'host:x',
      'u%40:p%zz@h',
      'h%C3%A9',
      'h%20',
      'ho st',
      '',
      'a@b@c',
      'host:22:',
      'h_<>',
    ),
    oneOf('/', '/', ':', ''),
    fc.array(urlPiece, { maxLength: 4 }).map((pieces) => pieces.join('')),
    oneOf('.git', '.git', '', '.git/'),
    fc.oneof(
      fc.constant(''),
      gitQuery.map((query) => `?${query}`),
    ),
    oneOf('', '', '#', '#ref', '#ref:dir', '#:/a/../b', '#a:b:c', '#%20', '#%zz', '#a#b', '#a?x=1'),
  )
  .map((parts) => parts.join(''));

const lintComment = oneOf(
  '# a thing',
  '# base a thing',
  '# check=skip=all',
  '# check=skip=UndefinedVar,JSONArgsRecommended',
  '# check=experimental=all',
  '# check=skip=x;bad',
  '#',
);
const lintFrom = fc
  .tuple(
    oneOf('FROM', 'FROM', 'FROM', 'from', 'From'),
    oneOf(
      '',
      '',
      '',
      ' --platform=linux/amd64',
      ' --platform=$TARGETPLATFORM',
      ' --platform=$BUILDPLATFORM',
      ' --platform=$TARGETPLATFROM',
      ' --platform=linux/arm64',
      ' --platform=linux/$P',
    ),
    oneOf(
      'alpine',
      'alpine',
      'scratch',
      'bash:5',
      'arm',
      'base',
      'b',
      '$IMG',
      'alpine:$TAG',
      '${X:-alpine}',
      'alpine$UNSET',
    ),
    oneOf('', ' AS base', ' AS b', ' as base', ' AS Base', ' AS context', ' AS linux-x', ' aS c'),
  )
  .map(([from, platform, base, name]) => `${from}${platform} ${base}${name}`);
const lintWord = oneOf(
  '$a',
  '${b}',
  '$PATH',
  '$FROM_BASE',
  '$unset',
  '${unset:-x}',
  '$TARGETARCH',
  '${a}x',
  '$PTAH',
  'x',
  '\\$a',
  "'$a'",
  '$IMG',
  '$BUILDKIT_SBOM_SCAN_STAGE',
);
const lintInstruction = fc.oneof(
  {
    weight: 4,
    arbitrary: fc
      .tuple(
        oneOf('ARG', 'ARG', 'arg'),
        oneOf('a', 'b', 'API_KEY', 'PUBLIC_KEY', 'IMG', 'TARGETARCH', 'a b=2', 'TAG', 'BUILDKIT_SBOM_SCAN_STAGE'),
        oneOf('', '', '=1', '=$a', '=$unset'),
      )
      .map(([k, n, v]) => `${k} ${n}${v}`),
  },
  {
    weight: 3,
    arbitrary: fc
      .tuple(
        oneOf('ENV', 'env', 'LABEL'),
        oneOf('a', 'b', 'SECRET', 'token_x', '$a', 'x$unset'),
        oneOf('=', ' ', '=x y='),
        lintWord,
      )
      .map(([k, n, s, v]) => `${k} ${n}${s}${v}`),
  },
  {
    weight: 3,
    arbitrary: fc
      .tuple(oneOf('CMD', 'ENTRYPOINT', 'cmd', 'HEALTHCHECK CMD'), oneOf('["x"]', 'x', '[]'))
      .map((p) => p.join(' ')),
  },
  {
    weight: 3,
    arbitrary: fc
      .tuple(oneOf('WORKDIR', 'USER', 'VOLUME', 'workdir'), fc.oneof(lintWord, oneOf('/x', 'rel', './y')))
      .map((p) => p.join(' ')),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(oneOf('EXPOSE'), oneOf('80', '80/TCP', '80:80', '1.2.3.4:80:80/UDP', '$a', '80-82/sctp', '81/tcp 82/Udp'))
      .map((p) => p.join(' ')),
  },
  { weight: 2, arbitrary: fc.tuple(oneOf('COPY', 'ADD'), lintWord, lintWord).map((p) => p.join(' ')) },
  {
    weight: 1,
    arbitrary: oneOf(
      'COPY --from=base /x /y',
      'COPY --from=0 /x /y',
      'COPY --chown=$a x y',
      'COPY <<E /x\nhi $unset "$a"\nE',
      "COPY <<'E' /x\n$unset\nE",
    ),
  },
  {
    weight: 2,
    arbitrary: oneOf(
      'RUN true',
      'RUN echo $unset',
      'RUN --mount=type=cache,target=$unset true',
      'RUN --mount=type=bind,from=base,target=/x true',
      'MAINTAINER me',
      'SHELL ["/bin/bash"]',
      'STOPSIGNAL SIGTERM',
      'ONBUILD ENV x=$unset',
      'ONBUILD CMD x',
      'ONBUILD WORKDIR rel',
    ),
  },
  { weight: 2, arbitrary: lintComment },
  { weight: 1, arbitrary: oneOf('RUN a \\\n\n b', '') },
);

export const lintCase: fc.Arbitrary<LintCase> = fc
  .tuple(
    oneOf(
      '',
      '',
      '# check=skip=StageNameCasing\n',
      '# check=experimental=InvalidDefinitionDescription\n',
      '# check=error=false\n',
      '# check=bad\n',
    ),
    fc.array(
      fc.oneof(
        oneOf('ARG IMG=alpine', 'ARG IMG', 'ARG TAG=latest', 'ARG TAG=$IMG', 'ARG P=amd64', 'ARG a=1'),
        lintComment,
      ),
      { maxLength: 3 },
    ),
    fc.array(fc.tuple(lintFrom, fc.array(lintInstruction, { maxLength: 6 })), { minLength: 1, maxLength: 3 }),
    fc.dictionary(oneOf('IMG', 'TAG', 'a', 'TARGETARCH'), oneOf('alpine', 'latest', 'x'), { maxKeys: 1 }),
    oneOf('', '', '', 'base', 'b'),
  )
  .map(([start, args, stages, buildArgs, target]) => ({
    text: start + [...args, ...stages.flatMap(([from, rest]) => [from, ...rest])].join('\n'),
    buildArgs,
    target,
  }));
