import { copyFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { runProcess, startProcess } from '../../../../src/base/process.ts';
import { findLoginKeys } from '../../../../src/guest/base/login-keys.ts';
import { useTemporaryFolder } from '../../../support/temporary-folder.ts';
import { describeWithTools } from '../../../support/tools.ts';

const folder = useTemporaryFolder();

async function makeKey(name: string, ...args: string[]): Promise<string> {
  const path = join(folder.path, name);
  await runProcess('ssh-keygen', { args: ['-q', '-C', name, '-f', path, ...args] });
  return path;
}

describeWithTools(['ssh-keygen', 'ssh-agent', 'ssh-add'], 'keys to log in with', () => {
  it.each([
    ['ed25519', ['-t', 'ed25519']],
    ['rsa', ['-t', 'rsa', '-b', '2048']],
    ['pem', ['-t', 'rsa', '-b', '2048', '-m', 'PEM']],
  ])('are those of a key file: %s', async (name, args) => {
    const path = await makeKey(name, '-N', '', ...args);
    const { keys, described, authorize } = await findLoginKeys({ keyFile: path, agentSocket: undefined });
    expect(keys).toMatchObject([{ type: 'file' }]);
    expect(described).toEqual([expect.stringMatching(new RegExp(`^${path}: ssh-(?:ed25519|rsa) SHA256:\\S{43}`))]);
    expect(authorize).toBeUndefined();
  });

  it('are those of the agent, all of them, by their fingerprints', async () => {
    const socket = join(folder.path, 'agent');
    const agent = await startProcess('ssh-agent', { args: ['-D', '-a', socket], dieWithParent: true });
    try {
      const empty = await untilListed(socket);
      expect(empty.authorize).toMatch(/^ssh-ed25519 \S+ firekiln-build$/);
      const env = { ...process.env, SSH_AUTH_SOCK: socket };
      const paths = [await makeKey('one', '-N', '', '-t', 'ed25519'), await makeKey('two', '-N', '', '-t', 'ed25519')];
      for (const path of paths) await runProcess('ssh-add', { args: ['-q', path], env });
      const { stdout } = await runProcess('ssh-add', { args: ['-l'], env });
      const { described, keys } = await findLoginKeys({ keyFile: undefined, agentSocket: socket });
      expect(keys).toEqual([{ type: 'agent', socketPath: socket }]);
      expect(described.map((line) => line.split(' ')[4])).toEqual(
        String(stdout)
          .trim()
          .split('\n')
          .map((line) => line.split(' ')[1]),
      );
    } finally {
      await agent.stop();
    }
  });

  it('that can not be used are refused with the reason', async () => {
    const locked = await makeKey('locked', '-N', 'secret', '-t', 'ed25519');
    const plain = await makeKey('plain', '-N', '', '-t', 'ed25519');
    await copyFile(`${plain}.pub`, join(folder.path, 'public'));
    await writeFile(join(folder.path, 'text'), 'no key\n');
    const refused = async (path: string) => await findLoginKeys({ keyFile: path, agentSocket: undefined });
    await expect(refused(locked)).rejects.toMatchObject({ code: 'SSH_REFUSED', message: /passphrase/ });
    await expect(refused(join(folder.path, 'public'))).rejects.toThrow('it is a public key');
    await expect(refused(join(folder.path, 'text'))).rejects.toMatchObject({ code: 'SSH_REFUSED' });
    await expect(refused(join(folder.path, 'none'))).rejects.toThrow('it is not there');
  });
});

/** The agent's socket is there some time after its process. */
async function untilListed(agentSocket: string) {
  for (let tries = 0; tries < 100; tries++) {
    try {
      await runProcess('ssh-add', { args: ['-l'], env: { ...process.env, SSH_AUTH_SOCK: agentSocket } });
      break;
    } catch (error) {
      // 1: it has no keys; 2: nobody answers.
      if (!String(error).includes('exit code 2')) break;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
  return await findLoginKeys({ keyFile: undefined, agentSocket });
}
