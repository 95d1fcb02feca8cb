import fc from 'fast-check';

/** A character of private use. */
export const placeholder = '\ue000';

/** One of `n`; otherwise null. */
const sometimes = <T>(value: fc.Arbitrary<T>, n: number): fc.Arbitrary<T | null> =>
  fc.oneof({ weight: n - 1, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: value });
const oneOf = (...values: readonly string[]): fc.Arbitrary<string> => fc.constantFrom(...values);
const words = (word: fc.Arbitrary<string>, minLength: number, maxLength: number) =>
  fc.array(word, { minLength, maxLength }).map((all) => all.join(' '));

/** Mostly the first, since a wrong word ends a build. */
const mostly = (good: fc.Arbitrary<string>, odd: fc.Arbitrary<string>, weight = 12) =>
  fc.oneof({ weight, arbitrary: good }, { weight: 1, arbitrary: odd });

/** Stands for the Nth file of the context, whichever it is. */
const file = fc.nat(20).map((at) => `${placeholder}${at}${placeholder}`);
const source = mostly(
  mostly(file, oneOf('.', './', '/', '*', '**', '[ab]*', '?', '*/a', 'd*', '*.*', './*', '/*'), 4),
  oneOf(
    'a',
    'b',
    'd',
    'd/',
    'd/a',
    'd/sub',
    '*.txt',
    'd/*',
    '**/a',
    'nowhere',
    '../a',
    '/a',
    'd/../b',
    'l',
    'l/',
    'l/a',
    './d/.',
    '${A}',
    '$UNSET',
    'no*such',
    'e',
    '/d/./a',
    './a/../d',
  ),
);
const sourceOfImage = mostly(
  oneOf(
    '/d',
    '/a',
    '/b',
    '/l',
    '/labs',
    '/lfile',
    '/d/*',
    '/etc/passwd',
    '/d/sub',
    'd/sub/',
    '/whole',
    '/l/a',
    '/l*',
    '/.',
    'd/./sub/b.txt',
    '/gone',
    '/tmp',
    '/lup/a',
    '/labs/b.txt',
    '/?',
  ),
  oneOf('/lost', '/loop', '/nowhere', '$A', '../d', '/', '/gone/x', '/l/'),
  8,
);
const destination = mostly(
  oneOf(
    '/',
    '/d',
    '/d/',
    '/d/sub/',
    '/new',
    '/new/',
    '/new/deep/x',
    '/new/deep/',
    '.',
    './',
    'rel',
    'rel/',
    '/l',
    '/l/',
    '/l/x',
    '/labs/x',
    '/labs/',
    '/lost',
    '/lost/',
    '/lup/',
    '../up',
    '/bin/../q',
    '/gone/',
    '/whole',
    '/whole/',
    '${A:-/exp}/',
    '/tmp',
    '/tmp/',
    '/d/./sub/../z',
    '/new/a',
    '/tmp/../new/d',
  ),
  oneOf(
    '/d/sub',
    '/labs',
    '/lfile',
    '/lfile/',
    '/loop',
    '/a',
    '/a/',
    '/a/x',
    '/d/a',
    '/etc/passwd',
    '$UNSET',
    '/b',
    '"/q q"',
  ),
  5,
);
const owner = mostly(
  oneOf('0', '33', '33:100', 'app', 'app:users', 'www-data', '4294967295', 'app:extra', '0:0', '1:app'),
  oneOf('nosuch', '1000:nosuch', ':100', 'app:', '-1', '$A', '33:', 'nosuch:nosuch', '4294967296'),
  6,
);
const mode = mostly(
  oneOf(
    '755',
    '0644',
    '4755',
    '2755',
    '1777',
    '0',
    'u+x',
    'go-w',
    'a=rX',
    'u=rwX,go=',
    '+t',
    '+x',
    'g+s',
    'u=g',
    '7777',
    'u+rwx,g-x,o=t',
    'ug=rw,o+X',
    '-x',
    'a-rwx,u+X',
    'g=u-w',
  ),
  oneOf('99999', 'abc', '$A', '', '=', '0x1', 'u'),
);
const excluded = oneOf('a', '*.md', '**/a', 'd', 'd/**', '*', 'sub', 'd/sub', '**', '!a', '**/*.txt');

const shared = [
  { weight: 4, arbitrary: owner.map((it) => `--chown=${it}`) },
  { weight: 4, arbitrary: mode.map((it) => `--chmod=${it}`) },
  { weight: 4, arbitrary: oneOf('--link', '--link', '--link=false', '--link=true') },
  { weight: 3, arbitrary: excluded.map((it) => `--exclude=${it}`) },
];
const copyFlag = mostly(
  fc.oneof(...shared, { weight: 3, arbitrary: fc.constant('--parents') }),
  oneOf('--lnk', '--chown', '--parents=x', '--exclude', '--exclude=', '--unpack'),
  40,
);
const fromFlag = mostly(
  oneOf('test:base', 'test:rich', 's0', 'ctx', '0'),
  oneOf('s1', '1', 'nosuch', 'S0', '$A'),
  8,
).map((it) => `--from=${it}`);
const addFlag = mostly(
  fc.oneof(...shared, { weight: 3, arbitrary: oneOf('--unpack', '--unpack=true', '--unpack=false') }),
  oneOf('--keep-git-dir', '--checksum=sha256:00', '--from=s0', '--parents'),
  40,
);
const heredoc = fc
  .tuple(oneOf('<<EOF', '<<"EOF"', '<<-EOF'), oneOf('$A', 'text', '\tin', ''), fc.boolean())
  .map(([start, body, isTwice]) =>
    isTwice ? ([`${start} <<B`, `\n${body}\nEOF\nsecond\nB`] as const) : ([start, `\n${body}\nEOF`] as const),
  );

const someFlags = (flag: fc.Arbitrary<string>) =>
  fc.oneof(
    { weight: 2, arbitrary: fc.constant([]) },
    { weight: 3, arbitrary: fc.uniqueArray(flag, { minLength: 1, maxLength: 3, selector: (it) => it.split('=')[0] }) },
  );

const placed = (
  keyword: string,
  flags: fc.Arbitrary<readonly string[]>,
  from: fc.Arbitrary<string>,
): fc.Arbitrary<string> =>
  fc
    .tuple(
      flags,
      fc.oneof(
        { weight: 3, arbitrary: fc.array(from, { minLength: 1, maxLength: 1 }) },
        { weight: 1, arbitrary: fc.array(from, { minLength: 2, maxLength: 3 }) },
      ),
      destination,
      sometimes(heredoc, 12),
      oneOf('', '', '', 'json'),
    )
    .map(([all, sources, to, here, form]) => {
      const start = [keyword, ...all].join(' ');
      const target = sources.length > 1 && !/[/.]$/.test(to) ? `${to}/` : to;
      if (form === 'json') return `${start} ${JSON.stringify([...sources, target.replaceAll('"', '')])}`;
      return here === null ? `${start} ${sources.join(' ')} ${target}` : `${start} ${here[0]} ${to}${here[1]}`;
    });

const value = oneOf(
  '1',
  '"a b"',
  "'$A'",
  '$A',
  '${A}x',
  '${B:-dflt}',
  '${UNSET:+x}',
  '"$BASE"',
  '',
  'a\\ b',
  '${A%x*}',
  '${BASE/ /_}',
  '\\$A',
  '$PATH:/x',
  '${EMPTY-e}',
  '"q\\"q"',
  'é',
  'test:base',
  'd',
  '755',
);
const key = mostly(oneOf('A', 'B', 'C', 'U', 'PATH', 'EMPTY', 'x', 'one'), oneOf('"k k"', '$A'));
const pair = fc.tuple(key, value).map(([left, right]) => `${left}=${right}`);
const arg = fc.oneof(
  { weight: 3, arbitrary: pair },
  { weight: 2, arbitrary: oneOf('A', 'B', 'U', 'x', 'TARGETARCH', 'TARGETPLATFORM', 'HTTP_PROXY', 'BASE') },
);
const json = mostly(oneOf('["a", "$A"]', 'run $A  now', '[ "x" ]', 'a \\\n  b', '[]'), oneOf('["a"', '', "['a']"), 8);

const metadata: readonly fc.Arbitrary<string>[] = [
  words(pair, 1, 3).map((it) => `ENV ${it}`),
  fc.tuple(key, value).map(([left, right]) => `ENV ${left} ${right} more`),
  words(arg, 1, 2).map((it) => `ARG ${it}`),
  words(pair, 1, 2).map((it) => `LABEL ${it}`),
  mostly(
    oneOf('/', '/w', 'rel', '/l/x', 'a/../b', '/d/sub', '"q q"', '..', '/new/w/', './', 'é', '$A', '/tmp/x y'),
    oneOf('/lost', '/a', '', '/loop/x', '/lfile/x'),
  ).map((it) => `WORKDIR ${it}`),
  mostly(oneOf('app', '33', '0:0', 'app:extra', 'root', '33:www-data'), oneOf('nosuch', '$A', '')).map(
    (it) => `USER ${it}`,
  ),
  words(
    mostly(
      oneOf('80', '53/udp', '80/tcp', '100-102', '$A', '80/TCP', '80/sctp'),
      oneOf('x', '0', '65536', '8080:80', '[::1]:80:80'),
    ),
    1,
    2,
  ).map((it) => `EXPOSE ${it}`),
  words(mostly(oneOf('/v', 'rel', '$A', '["/a", "/b"]', '/d'), oneOf('""', '["/x"')), 1, 2).map((it) => `VOLUME ${it}`),
  json.map((it) => `CMD ${it}`),
  json.map((it) => `ENTRYPOINT ${it}`),
  mostly(oneOf('["/bin/x", "-c"]', '[""]'), oneOf('sh -c', '["a"', '[]')).map((it) => `SHELL ${it}`),
  mostly(oneOf('SIGTERM', '9', 'TERM', 'SIGRTMIN+3', 'sigint'), oneOf('nosuch', '', '99', '$A')).map(
    (it) => `STOPSIGNAL ${it}`,
  ),
  fc
    .tuple(
      words(
        mostly(
          oneOf('--interval=5s', '--timeout=1m', '--retries=3', '--start-period=0s', '--start-interval=1ms'),
          oneOf('--interval=x', '--retries=-1', '--retries=0', '--timeout=10ns'),
        ),
        0,
        2,
      ),
      mostly(oneOf('CMD a $A', 'CMD ["a", "b"]', 'NONE'), oneOf('CMD', 'X y', 'NONE x', '')),
    )
    .map(([flags, rest]) => `HEALTHCHECK ${flags} ${rest}`.replaceAll('  ', ' ')),
  mostly(
    oneOf('MAINTAINER me <m@x>', '# a comment', '', '# check=skip=all'),
    oneOf(
      'MAINTAINER',
      'FRM x',
      'ENV',
      'LABEL',
      'ENV A',
      'ARG',
      'COPY a',
      'COPY',
      'EXPOSE',
      'VOLUME',
      'ADD',
      'USER',
      'WORKDIR',
      'FROM',
    ),
    3,
  ),
];

const plain = fc.oneof(
  { weight: 16, arbitrary: placed('COPY', someFlags(copyFlag), source) },
  {
    weight: 10,
    arbitrary: placed(
      'COPY',
      fc.tuple(fromFlag, someFlags(copyFlag)).map(([it, rest]) => [it, ...rest]),
      sourceOfImage,
    ),
  },
  { weight: 10, arbitrary: placed('ADD', someFlags(addFlag), source) },
  ...metadata.map((arbitrary) => ({ weight: 1, arbitrary })),
);

/** An instruction that needs no VM. */
export const instruction: fc.Arbitrary<string> = fc.oneof(
  { weight: 25, arbitrary: plain },
  { weight: 1, arbitrary: plain.map((it) => `ONBUILD ${it}`) },
);
