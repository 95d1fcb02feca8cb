import { type AddressInfo, connect } from 'node:net';
import { type Duplex, duplexPair } from 'node:stream';
import ssh2 from 'ssh2';
import { afterEach, describe, expect, it } from 'vitest';
import { createKeyPair } from '../../../src/ssh/keys.ts';
import { SshConnection } from '../../../src/ssh/ssh-connection.ts';

const hostKey = createKeyPair();
const clientKey = createKeyPair();

const servers: ssh2.Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

/** ssh2's own server, for what a real one does only rarely; the real one is tested in test/e2e/guest. */
async function serve(exec: (channel: ssh2.ServerChannel) => void): Promise<Duplex> {
  const server = new ssh2.Server({ hostKeys: [hostKey.privateKey] }, (client) => {
    client.on('error', () => {});
    client.on('authentication', (context) => {
      if (context.method === 'publickey') context.accept();
      else context.reject(['publickey']);
    });
    client.on('session', (accept) => {
      accept().on('exec', (acceptExec) => exec(acceptExec()));
    });
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const socket = connect(port, '127.0.0.1');
  socket.setNoDelay(true);
  return socket;
}

async function open(stream: Duplex, key: Buffer = hostKey.publicBlob, handshakeMs = 20_000): Promise<SshConnection> {
  const { privateKey } = clientKey;
  return await SshConnection.open({
    stream,
    username: 'root',
    keys: [{ type: 'file', privateKey }],
    hostKey: key,
    handshakeMs,
  });
}

describe('SshConnection', () => {
  it('tells the exit of a command that ends at once, in one packet with the answer', async () => {
    await using connection = await open(
      await serve((channel) => {
        channel.write('out');
        channel.stderr.write('err');
        channel.exit(7);
        channel.close();
      }),
    );
    for (let round = 0; round < 20; round++) {
      const channel = await connection.exec('x');
      const seen = { out: '', err: '' };
      channel.stream.on('data', (chunk: Buffer) => {
        seen.out += chunk.toString();
      });
      channel.stderr.on('data', (chunk: Buffer) => {
        seen.err += chunk.toString();
      });
      expect(await channel.exit).toEqual({ exitCode: 7, signal: undefined });
      expect(seen).toEqual({ out: 'out', err: 'err' });
    }
  });

  it('does not wait for what a command left behind', async () => {
    await using connection = await open(
      await serve((channel) => {
        channel.write('started');
        // The channel stays open, as with a process in the background that holds its pipe.
        channel.exit(0);
      }),
    );
    const channel = await connection.exec('sleep 600 &');
    channel.stream.resume();
    channel.stderr.resume();
    expect(await channel.exit).toEqual({ exitCode: 0, signal: undefined });
  });

  it('refuses a server with another key, one that is silent, and one that hangs up', async () => {
    await expect(open(await serve(() => {}), clientKey.publicBlob)).rejects.toMatchObject({
      code: 'SSH_FAILED',
      message: expect.stringMatching(/host denied/i),
    });
    const [silent] = duplexPair();
    await expect(open(silent, hostKey.publicBlob, 50)).rejects.toMatchObject({ code: 'SSH_FAILED' });
    const [ours, theirs] = duplexPair();
    theirs.end();
    theirs.resume();
    await expect(open(ours)).rejects.toMatchObject({ code: 'SSH_FAILED' });
  });

  it('what was asked of a connection that breaks is rejected, not left waiting', async () => {
    const stream = await serve(() => {});
    const connection = await open(stream);
    const channel = await connection.exec('hang');
    const asked = connection.connect({ host: '127.0.0.1', port: 1 }).catch((error: unknown) => error);
    stream.destroy();
    expect(await asked).toMatchObject({ code: 'SSH_FAILED' });
    channel.stream.resume();
    channel.stderr.resume();
    expect(await channel.exit).toEqual({ exitCode: undefined, signal: undefined });
    await expect(connection.exec('more')).rejects.toMatchObject({ code: 'SSH_FAILED' });
    await connection[Symbol.asyncDispose]();
  });
});
