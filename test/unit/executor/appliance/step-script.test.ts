import { describe, expect, it } from 'vitest';
import { runProcess } from '../../../../src/base/process.ts';
import { type StepPlace, stepScript } from '../../../../src/executor/appliance/step-script.ts';
import type { ExecMount, ExecStep } from '../../../../src/executor/executor.ts';
import { anySegment, anyStep } from '../../../support/any-step.ts';

const names = ['/scratch', '/a', '/b', '/cache', '/other'];
const place: StepPlace = {
  number: 1,
  below: [],
  isLastOfBoot: true,
  token: 'token',
  segments: [anySegment('/a'), anySegment('/b')],
  scratch: '/scratch',
  device: (path) => `vd${'abcde'[names.indexOf(path)]}`,
  agent: (mount) => `/run/agents${mount.type === 'ssh' ? mount.agentSocket : ''}`,
};

/** What a shell makes of the description: its variables and calls, each call as a list of words. */
async function read(change: Partial<ExecStep>, at: Partial<StepPlace> = {}) {
  const script = stepScript(anyStep(change), { ...place, ...at });
  const shown = [
    'STEP',
    'LAST',
    'TOKEN',
    'LOWER',
    'CWD',
    'STEP_USER',
    'STEP_HOSTNAME',
    'NETWORK',
    'SECURITY',
    'SHM_SIZE',
  ];
  const calls = ['scratch', 'drive', 'view', 'cache', 'content', 'socket', 'bind', 'tmpfs', 'launch'];
  const { stdout } = await runProcess('sh', {
    stdin: {
      text: [
        'show() { for word; do printf "%s\\0" "$word"; done; printf "\\1\\0"; }',
        ...calls.map((name) => `${name}() { show ${name} "$@"${name === 'content' ? ' "$(cat)"' : ''}; }`),
        script,
        ...shown.map((name) => `show ${name} "$${name}"`),
        'USER_HOME=/the/home',
        'drives; contents; mounts; run',
      ].join('\n'),
    },
  });
  const said: string[][] = [[]];
  for (const word of stdout.toString().split('\0')) {
    if (word === '\u0001') said.push([]);
    else said.at(-1)?.push(word);
  }
  const of = (name: string) => said.filter(([first]) => first === name).map(([, ...words]) => words);
  return { of, launch: of('launch')[0] ?? [] };
}

describe('description of a step', () => {
  it('hands words to the shell as they are', async () => {
    const odd = ["it's", '$HOME `id` "$(id)"', 'line\nend', '\\', '-n', 'é☃', '*', 'a=b'];
    const env = ['PATH=/bin', `ODD=${odd.join('\n')}`];
    const { launch, of } = await read({ args: ['/bin/sh', ...odd], env, cwd: "/w'd", user: '$(id)', hostname: 'h;id' });
    expect(launch).toEqual(['/bin', '/bin/sh', ...env, 'HOME=/the/home', '/bin/sh', ...odd]);
    expect(of('CWD')).toEqual([["/w'd"]]);
    expect(of('STEP_USER')).toEqual([['$(id)']]);
    expect(of('STEP_HOSTNAME')).toEqual([['h;id']]);
  });

  it('lays the topmost layer first', async () => {
    expect((await read({})).of('LOWER')).toEqual([['/d/vdc:/d/vdb']]);
    expect((await read({}, { number: 3, below: [1, 2] })).of('LOWER')).toEqual([['/s/u2:/s/u1:/d/vdc:/d/vdb']]);
    expect((await read({}, { segments: [] })).of('LOWER')).toEqual([['/empty']]);
  });

  it('names equal segments once, where the topmost lies', async () => {
    const segments = ['/a', '/b', '/a', '/other', '/b'].map(anySegment);
    expect((await read({}, { segments })).of('LOWER')).toEqual([['/d/vdc:/d/vde:/d/vdb']]);
  });

  it('mounts parents before what lies in them, the last of equal targets', async () => {
    const tmpfs = (target: string, sizeBytes?: number): ExecMount => ({
      type: 'tmpfs',
      target,
      ...(sizeBytes !== undefined && { sizeBytes }),
    });
    const { of } = await read({ mounts: [tmpfs('/a/b'), tmpfs('/z', 5), tmpfs('/a'), tmpfs('/a/b/', 7)] });
    expect(of('tmpfs')).toEqual([
      ['/a', 'nosuid'],
      ['/a/b', 'nosuid,size=7'],
      ['/z', 'nosuid,size=5'],
    ]);
  });

  it('shows chains of one segment as they are, others through an overlay', async () => {
    const bind = (paths: readonly string[], writable: boolean, target: string): ExecMount => ({
      type: 'bind',
      target,
      source: '/src',
      segments: paths.map(anySegment),
      writable,
    });
    const { of } = await read({
      mounts: [
        bind(['/other'], false, '/1'),
        bind(['/other'], true, '/2'),
        bind(['/a', '/b'], false, '/3'),
        bind([], false, '/4'),
      ],
    });
    expect(of('view')).toEqual([
      ['0', '/d/vde'],
      ['1', '/d/vdc:/d/vdb'],
    ]);
    expect(of('bind')).toEqual([
      ['../d/vde', '/src', '/1', 'ro'],
      ['../v/0', '/src', '/2', ''],
      ['../v/1', '/src', '/3', 'ro'],
      ['../empty', '/src', '/4', 'ro'],
    ]);
    expect(of('drive').map(([device]) => device)).toEqual(['vde', 'vdb', 'vdc']);
  });

  it('gives secrets as files of memory and as variables', async () => {
    const secret = { type: 'secret', data: Buffer.from("s'ecret\0\n"), mode: 0o440, uid: 5, gid: 6 } as const;
    const { of, launch } = await read({
      mounts: [
        { ...secret, target: '/run/secrets/s' },
        { ...secret, data: Buffer.from("va'lue"), env: 'SECRET' },
      ],
    });
    expect(of('content')).toContainEqual(['secret0', '440', '5', '6', 'cydlY3JldAAK']);
    expect(of('bind')).toEqual([['../run/step', '/secret0', '/run/secrets/s', 'ro,nosuid,nodev,noexec']]);
    expect(launch).toContain("SECRET=va'lue");
  });

  it('leads to agents by SSH_AUTH_SOCK', async () => {
    const ssh = { type: 'ssh', agentSocket: '/agent', mode: 0o600, uid: 1, gid: 2 } as const;
    const { of, launch } = await read({ mounts: [ssh] });
    expect(of('socket')).toEqual([['/run/agents/agent', '600', '1', '2']]);
    expect(of('bind')).toEqual([['../run/agents', '/agent', '/run/buildkit/ssh_agent.0', '']]);
    expect(launch).toContain('SSH_AUTH_SOCK=/run/buildkit/ssh_agent.0');
    const given = await read({ mounts: [{ ...ssh, target: '/sock' }], env: ['SSH_AUTH_SOCK=/mine'] });
    expect(given.launch).toContain('SSH_AUTH_SOCK=/mine');
  });

  it('brings along large contents and script files', async () => {
    const data = Buffer.alloc(100_000, 'ab');
    const { of } = await read({ files: [{ path: '/dev/pipes/EOF', data, mode: 0o755 }] });
    const [name, mode, , , base64 = ''] = of('content').find(([first]) => first === 'file0') ?? [];
    expect([name, mode]).toEqual(['file0', '755']);
    expect(Buffer.from(base64, 'base64').equals(data)).toBe(true);
    expect(of('bind')).toContainEqual(['../run/step', '/file0', '/dev/pipes/EOF', 'ro']);
  });

  it('keeps a HOME that is set, and the last of equal names', async () => {
    const { launch } = await read({ env: ['HOME=/h', 'A=1', 'A=2'] });
    expect(launch).toEqual(['', 'true', 'HOME=/h', 'A=2', 'true']);
    expect((await read({ env: ['HOME='] })).launch).toContain('HOME=/the/home');
  });

  it('writes /etc/hosts as BuildKit does', async () => {
    const { of } = await read({ extraHosts: [{ host: 'db', address: '10.0.0.5' }] });
    const [, , , , base64 = ''] = of('content')[0] ?? [];
    expect(Buffer.from(base64, 'base64').toString()).toBe(
      '127.0.0.1\tlocalhost buildkitsandbox\n::1\tlocalhost ip6-localhost ip6-loopback\n10.0.0.5\tdb\n',
    );
  });

  it('refuses words that no program can be given', () => {
    expect(() => stepScript(anyStep({ args: ['a\0b'] }), place)).toThrow(/zero byte/);
  });
});
