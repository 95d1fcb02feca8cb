import fc from 'fast-check';
import { type Mostly, oneOf, words } from './generate-words.ts';

const value = oneOf(
  ...'1 $A ${A}x ${B:-dflt} ${UNSET:+x} "$BASE" ${A%x*}'.split(' '),
  '"a b"',
  "'$A'",
  '',
  'a\\ b',
  '\\$A',
  ...'$PATH:/x ${EMPTY-e} é test:base d 755 ${A##*/} "${BASE//a/$x}"'.split(' '),
  '"${BASE/ /_}"',
  '"q\\"q"',
  ...'${T:=} ${x:-${A:-deep}} "${A^}" $$ ${PATH%%:*}'.split(' '),
  '"\\\\"',
  "'a\\b'",
  'x"y"\'z\'',
  "'\"'",
  '"a\\\n  b"',
  ...'${A-} ${EMPTY:-e} ${EMPTY-e} ${A+set} ${EMPTY:+no} ${A?gone} ${A:?gone} ${UNSET?} ${UNSET:?not here}'.split(' '),
  ...'${A#*d} ${PATH##*:} ${A%?} ${PATH%/*} ${PATH/usr/x} ${PATH//\\//-} ${PATH/#\\/usr/x} ${A//} ${A/d}'.split(' '),
  ...'${A:-${B:-${x:-z}}} ${A:-"q q"} ${A:-$BASE} ${A:+${A}${A}} ${A:-\\}} ${A:-\'$B\'} $A$B ${A}${B}y \\${A}'.split(
    ' ',
  ),
  ...'$TARGETARCH ${TARGETOS}/${TARGETARCH:-x} $BUILDPLATFORM ${TARGETVARIANT:-none} $TARGETSTAGE $1 $ ${ ${A'.split(
    ' ',
  ),
);
const goodValue = value.filter((it) => !/:=|\^|\$\$|\?|\$\{$|\$\{A$|q q"\}/.test(it));

/** Instructions that only change the config. */
export function metadataLines(mostly: Mostly): readonly fc.Arbitrary<string>[] {
  const anyValue = mostly(goodValue, value);
  const key = mostly(
    oneOf('A', 'B', 'C', 'U', 'PATH', 'EMPTY', 'x', 'one', 'M_1', 'a.b'),
    oneOf('"k k"', '$A', '=', '1'),
  );
  const pair = fc.tuple(key, anyValue).map(([left, right]) => `${left}=${right}`);
  const declared = oneOf(
    ...'A B U x TARGETARCH TARGETPLATFORM HTTP_PROXY BASE BUILDPLATFORM TARGETSTAGE M'.split(' '),
    ...'TARGETOS TARGETVARIANT BUILDOS BUILDARCH BUILDVARIANT no_proxy PATH G'.split(' '),
  );
  const labelKey = oneOf('"k k"', '"a.b/c"', "'k'", 'x.$A', '"$A"', '${A:-k}', 'one', 'é', 'a\\ b');
  const arg = fc.oneof({ weight: 3, arbitrary: pair }, { weight: 2, arbitrary: declared });
  const json = mostly(
    oneOf(
      '["a", "$A"]',
      'run $A  now',
      '[ "x" ]',
      'a \\\n  b',
      '[]',
      '["é\\u00e9", "\\""]',
      'a \'q\' "w"',
      '["a",\\\n "b"]',
    ),
    oneOf('["a"', '', "['a']", '["a", 1]', '["a"] b'),
    8,
  );
  return [
    words(pair, 1, 3).map((it) => `ENV ${it}`),
    fc.tuple(key, anyValue).map(([left, right]) => `ENV ${left} ${right} more`),
    words(arg, 1, 2).map((it) => `ARG ${it}`),
    words(pair, 1, 2).map((it) => `LABEL ${it}`),
    fc.tuple(labelKey, anyValue).map(([left, right]) => `LABEL ${left}=${right}`),
    fc.tuple(labelKey, anyValue).map(([left, right]) => `LABEL ${left} ${right}  more`),
    words(pair, 1, 2).map((it) => `LABEL ${it} \\\n  # between\n\n  last=1`),
    mostly(
      oneOf(
        ...'/ /w rel /l/y a-new/../b-new /d/sub .. /new/w/ ./ é ${A:-up}'.split(' '),
        '"q q"',
        ...'/lost $BASE /labs //d /l/..'.split(' '),
        '/tmp/w w',
        ...'${EMPTY:-e} /${A%d}/z ${BASE// /_} "${A:-q}/x" C:\\\\x .hid //'.split(' '),
        "'q q'/r",
      ),
      oneOf('/a', '', '/loop/x', '/lfile/x', '$A', 'a/../b', '/lfile'),
    ).map((it) => `WORKDIR ${it}`),
    mostly(
      oneOf(
        ...'app 33 0:0 app:extra root 33:www-data nosuch ${A:-app} ${U:-33}:${G:-0} "app" app: 1000:100'.split(' '),
        ...'${EMPTY:-app} ${A#d}x'.split(' '),
      ),
      oneOf('$A', '', 'a b', ':'),
    ).map((it) => `USER ${it}`),
    words(
      mostly(
        oneOf(
          ...'80 53/udp 80/tcp 100-102 ${P:-81} 80/TCP 80/sctp 7000-7001/udp 65535 "81" ${P:-90}-${Q:-92}'.split(' '),
          ...'${P:-1}${Q:-2}/${R:-udp} ${A:+8}443'.split(' '),
        ),
        oneOf('x', '0', '65536', '8080:80', '[::1]:80:80', '$A', '9-8', '80/x', '1-70000'),
      ),
      1,
      2,
    ).map((it) => `EXPOSE ${it}`),
    words(oneOf('/v', 'rel', '${A:-/v/w}', '/d', '/v/', '"/q"', '/${A#d}', '/v:/w', '${EMPTY:-x}'), 1, 2).map(
      (it) => `VOLUME ${it}`,
    ),
    mostly(oneOf('["/a", "/b"]', '["/é"]', '["$BASE"]'), oneOf('""', '["/x"', '$A', '[]', '[""]')).map(
      (it) => `VOLUME ${it}`,
    ),
    json.map((it) => `CMD ${it}`),
    json.map((it) => `ENTRYPOINT ${it}`),
    mostly(oneOf('["/bin/x", "-c"]', '[""]', '["sh"]'), oneOf('sh -c', '["a"', '[]')).map((it) => `SHELL ${it}`),
    mostly(
      oneOf(...'SIGTERM 9 TERM SIGRTMIN+3 sigint ${S:-15} SIG${S:-HUP} ${EMPTY:-9} "9" 64 RTMAX-1'.split(' ')),
      oneOf('nosuch', '', '99', '$A', '0'),
    ).map((it) => `STOPSIGNAL ${it}`),
    fc
      .tuple(
        fc.uniqueArray(
          mostly(
            oneOf(
              ...'--interval=5s --timeout=1m --retries=3 --start-period=0s --start-interval=1ms'.split(' '),
              ...'--interval=1h2m3.5s --timeout=0 --retries=+4'.split(' '),
            ),
            oneOf('--interval=x', '--retries=-1', '--retries=0', '--timeout=10ns', '--interval', '--retry=1'),
          ),
          { maxLength: 5, selector: (it) => it.split('=')[0] },
        ),
        mostly(
          oneOf('CMD a $A', 'CMD ["a", "b"]', 'NONE', 'cmd x  y'),
          oneOf('CMD', 'X y', 'NONE x', '', 'CMD-SHELL x', 'CMD []'),
        ),
      )
      .map(([flags, rest]) => ['HEALTHCHECK', ...(rest === 'NONE' ? [] : flags), rest].join(' ')),
    mostly(
      oneOf(
        'CMD echo hi',
        'HEALTHCHECK CMD curl -f http://localhost',
        'SHELL ["/bin/x"]\nCMD a  b',
        'MAINTAINER me <m@x>',
        '# a comment',
        '',
        '# check=skip=all',
        '   # indented',
        'MAINTAINER $A',
      ),
      oneOf(
        ...'MAINTAINER ENV LABEL ARG COPY EXPOSE VOLUME ADD USER'.split(' '),
        'FRM x',
        'ENV A',
        'COPY a',
        ...'WORKDIR FROM'.split(' '),
        'LABEL a',
        'ARG a=b c d',
        'ENV a=1 b',
        'ONBUILD FROM x',
        'FROM a b c',
        '"ENV" a=1',
      ),
      3,
    ),
  ];
}
