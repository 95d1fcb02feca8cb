import { describe, expect, it } from 'vitest';
import { tryProcess } from '../../../../src/base/process.ts';
import { asRoot, exitCodeOf, stepScript } from '../../../../src/build/in-place/remote-command.ts';

const plain = { env: [], cwd: '/', user: '', network: 'default' } as const;

/** Runs a command line as a login shell would. */
async function run(command: string): Promise<{ readonly out: string; readonly code: number | undefined }> {
  const { stdout, exitCode } = await tryProcess('/bin/sh', { args: ['-c', command], env: { PATH: process.env.PATH } });
  return { out: stdout.toString(), code: exitCode };
}

describe('commands of steps', () => {
  it('keep words, folder, variables and exit code', async () => {
    const script = stepScript({
      ...plain,
      args: ['sh', '-c', 'printf "%s|" "$@"; echo "$A|$PATH|$(pwd)"; exit 7', 'x', "it's", 'a b', '$HOME', '"', '\\'],
      env: ["A=it's $HOME", 'PATH=/usr/bin:/bin'],
      cwd: '/usr/bin',
    });
    expect(await run(asRoot(script, 'root'))).toEqual({
      out: `it's|a b|$HOME|"|\\|it's $HOME|/usr/bin:/bin|/usr/bin\n`,
      code: 7,
    });
  });

  it('pass no other variables on', async () => {
    const { out } = await run(`FOREIGN=1; export FOREIGN; ${asRoot(stepScript({ ...plain, args: ['env'] }), 'root')}`);
    expect(out.trim().split('\n').sort()).toEqual([
      'HOME=/root',
      'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    ]);
  });

  it('become root by sudo, and users by name and number', () => {
    expect(asRoot('true', 'alpine')).toBe('sudo -n env SSH_AUTH_SOCK="$SSH_AUTH_SOCK" sh -c true');
    expect(stepScript({ ...plain, args: ['id'], user: 'app' })).toContain('sudo -n -H -u app -- sh -c');
    expect(stepScript({ ...plain, args: ['id'], user: '1000:50' })).toContain("-u '#1000' -g '#50' --");
  });

  it('count signals as docker does', () => {
    expect(exitCodeOf({ exitCode: undefined, signal: 'KILL' })).toBe(137);
    expect(exitCodeOf({ exitCode: 3, signal: undefined })).toBe(3);
  });
});
