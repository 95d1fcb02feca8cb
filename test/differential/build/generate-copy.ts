import fc from 'fast-check';
import { type Origin, sources } from './generate-source.ts';
import { type BaseKind, type Line, type Mostly, oneOf, pick, type Scope, sometimes } from './generate-words.ts';

/** Folders, those of the base and new ones, also through its links. */
const folders = [
  ...'/ /d /d/ /d/sub/ /new/ /new/deep/ . ./ rel/ /l /l/ /l/y/ /labs/ /lost/'.split(' '),
  ...'/lup/ ../up/ /gone/ /whole /whole/ /tmp /tmp/ /tmp/../new/d/ ${A:-/exp}/ /home'.split(' '),
  ...'/l/../v/ /labs/../w/ /é/ /root/.hid/ /etc/ /new//z/ /d/./ ..'.split(' '),
  ...'/${A#d}x/ ${EMPTY:-/e}/ $BASE/ ${A:+/set}/ /${A/d/e}/ ${PATH%%:*}/ /$TARGETARCH/ /${UNSET-u}/'.split(' '),
];
/** Files where a file is copied; never the names of folders. */
const names = [
  ...'/one /d/two /new/three /l/four /labs/five six ../seven /bin/../eight /deep/er/nine'.split(' '),
  ...'/lost/ten /d/sub/../eleven ${A:-/twelve} /é.txt /lup/thirteen ./14 /gone/x /whole/x /lfile'.split(' '),
];
const oddDestinations = [
  ...'/d/sub /labs /lfile/ /loop /a /a/ /a/x /d/a /etc/passwd $UNSET /b'.split(' '),
  '"/q q"',
  ...'/new /new/a /lost /d/./sub/../z /loop/x'.split(' '),
];
const modes = [
  ...'755 0644 4755 2755 1777 0 u+x go-w a=rX u=rwX,go= +t +x g+s u=g 7777'.split(' '),
  ...'u+rwx,g-x,o=t ug=rw,o+X -x a-rwx,u+X g=u-w o=u u+s,g+s -s a=,u=r ${M:-640}'.split(' '),
];
const patterns = [
  'a',
  '*.md',
  '**/a',
  'd',
  'd/**',
  '*',
  'sub',
  'd/sub',
  '**',
  '!a',
  '**/*.txt',
  '/a',
  './a',
  'd/',
  '?',
  ...'!** !d/a **/sub */a ${A:-*.txt} $A [ab] d/s* ** sub/** .hid f.txt f.t?t **/.* dir?x'.split(' '),
];

/** `--chown`: by name where there are users, by number where not or where `--link` keeps from looking. */
interface Owner {
  readonly name: string;
  readonly number: string;
}
type Flag = (isPlain: boolean) => string;

export interface CopyLines {
  readonly copy: fc.Arbitrary<Line>;
  readonly copyFrom: fc.Arbitrary<Line>;
  readonly add: fc.Arbitrary<Line>;
}

export function copyLines(mostly: Mostly): CopyLines {
  const fixed = (...texts: readonly string[]): fc.Arbitrary<Flag> => oneOf(...texts).map((text) => () => text);
  const owner: fc.Arbitrary<Owner> = mostly(
    fc.record({
      name: oneOf(
        ...'0 33 33:100 app app:users www-data app:extra 0:0 1:app app:33 root ${U:-app} ${U:-33}:${G:-users}'.split(
          ' ',
        ),
      ),
      number: oneOf(...'0 33 33:100 1000:50 0:0 65534 2147483647:1 ${U:-7}:${G:-8}'.split(' ')),
    }),
    oneOf(...'nosuch 1000:nosuch :100 app: -1 $A 33: nosuch:nosuch 4294967296 4294967295'.split(' ')).map((name) => ({
      name,
      number: name,
    })),
    6,
  );
  const shared = [
    {
      weight: 4,
      arbitrary: owner.map(
        (it): Flag =>
          (isPlain) =>
            `--chown=${isPlain ? it.number : it.name}`,
      ),
    },
    {
      weight: 4,
      arbitrary: mostly(oneOf(...modes), oneOf('99999', 'X', 'abc', '$A', '', '=', '0x1', 'u')).map(
        (it): Flag =>
          () =>
            `--chmod=${it}`,
      ),
    },
    { weight: 4, arbitrary: fixed('--link', '--link', '--link=false', '--link=true') },
    {
      weight: 3,
      arbitrary: oneOf(...patterns).map(
        (it): Flag =>
          () =>
            `--exclude=${it}`,
      ),
    },
  ];
  const copyFlag = mostly(
    fc.oneof(...shared, { weight: 3, arbitrary: fixed('--parents', '--parents', '--parents=false') }),
    fixed('--lnk', '--chown', '--parents=x', '--exclude', '--exclude=', '--unpack'),
    40,
  );
  const addFlag = mostly(
    fc.oneof(...shared, { weight: 3, arbitrary: fixed('--unpack', '--unpack=true', '--unpack=false') }),
    fixed('--keep-git-dir', '--checksum=sha256:00', '--from=s0', '--parents'),
    40,
  );
  const source = sources(mostly);
  const destination = mostly(fc.tuple(oneOf(...folders), oneOf(...names)), oneOf(...oddDestinations).map(twice), 5);
  const placed = (keyword: string, flag: fc.Arbitrary<Flag>, from: fc.Arbitrary<From>): fc.Arbitrary<Line> =>
    fc
      .tuple(
        from,
        someFlags(flag),
        fc.oneof({ weight: 3, arbitrary: fc.tuple(source) }, { weight: 1, arbitrary: fc.tuple(source, source) }),
        destination,
        fc.oneof({ weight: 2, arbitrary: fc.constant('folder') }, { weight: 1, arbitrary: fc.constant('name') }),
        sometimes(heredoc, 10),
        oneOf('', '', '', 'json'),
      )
      .map(
        ([fromWhere, flags, all, [folder, name], where, here, form]): Line =>
          (scope) => {
            const { text, origin } = fromWhere(scope);
            const texts = flags.map((it) => it(scope.base === 'empty'));
            const isLinked = texts.some((it) => it === '--link' || it === '--link=true');
            const start = [keyword, ...text, ...(isLinked ? flags.map((it) => it(true)) : texts)].join(' ');
            const found = all.map((it) => it(scope, origin)).filter((it) => it !== '');
            const isMany = found.length > 1 || found.some((it) => /[*?[]/.test(it));
            const target = where === 'name' && !isMany ? name : folder;
            const to = found.length > 1 && !/[/.]$/.test(target) ? `${target}/` : target;
            if (here !== null) {
              const others = here.isAmongOthers ? `${found.map((it) => it.replaceAll(' ', '?')).join(' ')} ` : '';
              const isOne = !here.isAmongOthers && !here.start.includes(' ');
              const at = isOne && where === 'name' ? name : `${folder.replace(/[/.]$/, '')}/`;
              return `${start} ${others}${here.start} ${at}${here.body}`;
            }
            if (form === 'json') return `${start} ${JSON.stringify([...found, to.replaceAll('"', '')])}`;
            return `${start} ${found.map((it) => it.replaceAll(' ', '?')).join(' ')} ${to}`;
          },
      );
  return {
    copy: placed('COPY', copyFlag, oneOf(fromContext)),
    copyFrom: placed('COPY', copyFlag, froms(mostly)),
    add: placed('ADD', addFlag, oneOf(fromContext)),
  };
}

type From = (scope: Scope) => { readonly text: readonly string[]; readonly origin: Origin };
const fromContext: From = () => ({ text: [], origin: 'context' });

/** Of an image, an earlier stage by name or number, or the named context. */
function froms(mostly: Mostly): fc.Arbitrary<From> {
  const good = fc.nat(60).map(
    (nth): From =>
      (scope) => {
        const stages = scope.stages.flatMap(({ name, base }, at): (readonly [string, BaseKind | 'named'])[] => [
          [name === '' ? String(at) : name, base],
          [name === '' ? String(at) : name.toUpperCase(), base],
          [String(at), base],
        ]);
        const named = scope.named === null ? [] : [['ctx', 'named'] as const];
        const images = [['test:base', 'test'] as const, ['test:rich', 'test'] as const];
        const [name, origin] = pick([...stages, ...named, ...images], nth) ?? ['test:base', 'test' as const];
        return { text: [`--from=${name}`], origin };
      },
  );
  const odd = oneOf('s1', '1', 'nosuch', 'S0', '$A', '0', 's0').map(
    (name): From =>
      () => ({ text: [`--from=${name}`], origin: 'test' }),
  );
  return mostly(good, odd, 8);
}

const twice = (text: string): [string, string] => [text, text];

const someFlags = (flag: fc.Arbitrary<Flag>) =>
  fc.oneof(
    { weight: 2, arbitrary: fc.constant([]) },
    {
      weight: 3,
      arbitrary: fc.uniqueArray(flag, {
        minLength: 1,
        maxLength: 4,
        selector: (it) => it(true).replace(/^(?!--exclude)(--\w+)=.*/, '$1'),
      }),
    },
  );

interface Heredoc {
  readonly start: string;
  readonly body: string;
  readonly isAmongOthers: boolean;
}

const heredoc: fc.Arbitrary<Heredoc> = fc
  .tuple(
    oneOf(
      ...(['<<EOF', '<<"EOF"', '<<-EOF', "<<'EOF'", '<<-"EOF"'] as const).map((start) => [start, 'EOF']),
      ['<<f.txt', 'f.txt'],
      ['<<E"O"F', 'EOF'],
      ['<<é', 'é'],
      ['<<_', '_'],
      ['0<<EOF', 'EOF'],
    ),
    oneOf(
      '$A',
      'text',
      '\tin',
      '',
      '${A:-x}\n\n# no comment',
      '\\$A "q"',
      'a \\\nb',
      ' EOF\nEOFx',
      '${A#d} $BASE',
      ..."'$A' ${UNSET:-'q'} \\\\ \\n $$ ${A^} <<B #!/bin/sh".split(' '),
    ),
    oneOf('', '', '', 'second', 'tab'),
    oneOf(false, false, true),
  )
  .map(([[start = '', end = ''], text, more, isAmongOthers]) => {
    const own = `\n${text}\n${start.includes('<<-') ? '\t' : ''}${end}`;
    if (more === '') return { start, body: own, isAmongOthers };
    const [next, last] = more === 'tab' ? ['<<-B', '\t\tB'] : ['<<B', 'B'];
    return { start: `${start} ${next}`, body: `${own}\n\tsecond $A\n${last}`, isAmongOthers };
  });
