import { execFileSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { beforeEach, expect, it } from 'vitest';
import { runProcess } from '../../../src/base/process.ts';
import { parseSshSpec } from '../../../src/build/secret-spec.ts';
import { SshAgents } from '../../../src/build/ssh-agents.ts';
import { useTemporaryFolder } from '../../support/temporary-folder.ts';
import { describeWithTools } from '../../support/tools.ts';

describeWithTools(['ssh-keygen', 'ssh-add'], 'agents of --ssh', () => {
  const folder = useTemporaryFolder();
  const at = (name: string) => join(folder.path, name);
  const keygen = (...args: string[]) =>
    execFileSync('ssh-keygen', ['-q', '-N', '', ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  let env: NodeJS.ProcessEnv;
  beforeEach(() => {
    env = { XDG_RUNTIME_DIR: folder.path };
  });
  const agents = (...specs: string[]) => new SshAgents(specs.map(parseSshSpec), { cwd: folder.path, env });
  const ask = async (socket: string | undefined, ...args: string[]) => {
    const { stdout } = await runProcess('ssh-add', { args, env: { ...process.env, SSH_AUTH_SOCK: socket } });
    return stdout.toString();
  };

  it('made of private keys list and sign with them, and are gone afterwards', async () => {
    const kinds = {
      ed25519: [],
      rsa: ['-b', '2048'],
      ecdsa: ['-b', '521'],
      pem: ['-b', '2048', '-m', 'PEM', '-t', 'rsa'],
    };
    for (const [kind, args] of Object.entries(kinds))
      keygen('-t', kind.replace('pem', 'rsa'), ...args, '-C', `a ${kind}`, '-f', at(kind));
    let socket: string | undefined;
    {
      await using all = agents(`default=${Object.keys(kinds).join()}`, 'one=ecdsa');
      socket = await all.socketOf('default');
      expect(await all.socketOf('default')).toBe(socket);
      expect((await ask(socket, '-l')).match(/\((?:ED25519|RSA|ECDSA)\)/g)).toEqual([
        '(ED25519)',
        '(RSA)',
        '(ECDSA)',
        '(RSA)',
      ]);
      // Has the agent sign, and checks with the public key.
      await ask(socket, '-T', ...Object.keys(kinds).map((kind) => at(`${kind}.pub`)));
      expect((await ask(await all.socketOf('one'), '-L')).trim().split('\n').length).toBe(1);
      await expect(ask(await all.socketOf('one'), '-T', at('rsa.pub'))).rejects.toThrow();
      await expect(ask(socket, '-D')).rejects.toThrow();
    }
    expect(existsSync(dirname(socket ?? ''))).toBe(false);
  });

  it('are those of sockets and of the environment', async () => {
    const server = createServer().listen(at('agent'));
    await using all = agents('default', 'git=agent');
    expect(await all.socketOf('git')).toBe(at('agent'));
    env.SSH_AUTH_SOCK = at('agent');
    expect(await all.socketOf('default')).toBe(at('agent'));
    expect(await all.socketOf('other')).toBeUndefined();
    server.close();
  });

  it('are refused where there is none, by what was looked for', async () => {
    keygen('-t', 'ed25519', '-f', at('key'));
    execFileSync('ssh-keygen', ['-q', '-N', 'phrase', '-t', 'ed25519', '-f', at('locked')]);
    writeFileSync(at('text'), 'no key');
    const server = createServer().listen(at('agent'));
    const all = agents('default', 'a=nowhere', 'b=locked', 'c=text', 'd=key,agent', 'e=key.pub', 'f=.');
    await expect(all.socketOf('default')).rejects.toThrow(/SSH_AUTH_SOCK/);
    for (const [id, said] of [
      ['a', /no file or socket .*nowhere/],
      ['b', /locked is no private key without a passphrase/],
      ['c', /text is no private key/],
      ['d', /agent is a socket/],
      ['e', /key.pub is no private key/],
      ['f', /is neither a socket nor a private key/],
    ] as const)
      await expect(all.socketOf(id)).rejects.toMatchObject({
        code: 'SECRET_MISSING',
        message: expect.stringMatching(said),
      });
    await all[Symbol.asyncDispose]();
    server.close();
  });
});
