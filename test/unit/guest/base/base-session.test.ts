import { type AddressInfo, connect } from 'node:net';
import { Readable } from 'node:stream';
import ssh2 from 'ssh2';
import { afterEach, describe, expect, it } from 'vitest';
import { FirekilnError } from '../../../../src/base/errors/firekiln-error.ts';
import { BaseSession } from '../../../../src/guest/base/base-session.ts';
import { createKeyPair } from '../../../../src/ssh/keys.ts';
import type { Machine } from '../../../../src/vm/driver.ts';

const { privateKey } = createKeyPair();
const servers: ssh2.Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

/** A login at a server whose commands read all of their input. */
async function login(): Promise<BaseSession> {
  const server = new ssh2.Server({ hostKeys: [createKeyPair().privateKey] }, (client) => {
    client.on('error', () => {});
    client.on('authentication', (context) => context.accept());
    client.on('session', (accept) => {
      accept().on('exec', (acceptExec) => {
        const channel = acceptExec();
        channel.resume();
        channel.on('end', () => {
          channel.exit(0);
          channel.end();
        });
      });
    });
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const stream = connect((server.address() as AddressInfo).port, '127.0.0.1');
  const keys = { keys: [{ type: 'file', privateKey }] as const, described: [], authorize: undefined };
  const user = { user: 'me', port: 22, keys, forwardedAgent: undefined };
  return await BaseSession.open(stream, user, {} as Machine, new AbortController().signal);
}

describe('a command in a base', () => {
  it('fails with the fault of its input, which is closed', async () => {
    await using session = await login();
    const fault = new FirekilnError('DIGEST_MISMATCH', 'the layer is broken');
    let isClosed = false;
    async function* broken() {
      try {
        yield Buffer.from('some');
        throw fault;
      } finally {
        isClosed = true;
      }
    }
    await expect(session.exec('tar -x', { stdin: Readable.from(broken()) })).rejects.toBe(fault);
    expect(isClosed).toBe(true);
    const { exitCode } = await session.exec('tar -x', { stdin: Readable.from([Buffer.from('x')]) });
    expect(exitCode).toBe(0);
  });
});
