import fc from 'fast-check';

const operations = [
  'echo x > /f',
  'mkdir -p /new/deep',
  'rm -rf /d',
  'rm /a',
  'ln -s d /sl',
  'ln /a /hard',
  'chmod 700 /d',
  'chown 33:100 /a',
  'mv /d /moved',
  'mv /d/sub /d/other',
  'mknod /fifo p',
  'mknod /null c 1 3',
  'touch -d @1485449953 /d/a',
  'rm -rf /d/sub && mkdir /d/sub',
  'echo y >> /d/a',
  'rm /l && mkdir /l',
  'rm -rf /d && echo z > /d',
  'cp -a /d /copy',
  'mkdir -m 2775 /sg && touch /sg/x',
  'rm -rf /whole/*',
  'id > /id',
  'pwd > /pwd',
  'env | grep -Ev "^(OTEL_|TRACEPARENT=)" | sort > /env',
  'echo $A > /arg',
  'touch /tmp/.hid',
  'chmod u+s /d/a',
  'mkdir /gone/x',
  'ls -la /d > /dev/null',
  'rm -rf /tmp',
  'rmdir /home',
  'echo n > /etc/resolv.conf; true',
  'mv /a /b',
  'ln -sf nowhere /lost',
  'false || echo no > /no',
  'rm /b && ln /d/a /b',
  'rm -rf /etc/group',
  'chown -R app /d',
  'cp /ctx/a /from-mount',
  'ls /cache > /before; echo c > /cache/f',
];

const flags = fc.constantFrom(
  '',
  '',
  '',
  '--mount=target=/ctx',
  '--mount=type=cache,target=/cache',
  '--mount=type=tmpfs,target=/cache',
  '--network=none',
  '--mount=from=s0,target=/ctx',
);

/** Several operations in one step, since each step costs seconds. */
export const steps: fc.Arbitrary<string> = fc
  .tuple(
    flags,
    fc.array(fc.constantFrom(...operations), { minLength: 4, maxLength: 10 }),
    fc.integer({ min: 0, max: 19 }),
  )
  .map(
    ([flag, all, end]) =>
      `RUN ${flag}${flag === '' ? '' : ' '}{ ${all.join('; ')}; } 2>/dev/null; ${end === 0 ? 'exit 3' : 'true'}`,
  );
