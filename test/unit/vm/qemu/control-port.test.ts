import { createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ControlPort } from '../../../../src/vm/qemu/control-port.ts';
import { useTemporaryFolder } from '../../../support/temporary-folder.ts';

/** QEMU's end of the port: what the host sends, connection by connection, and the hands of the guest. */
describe('ControlPort', () => {
  const folder = useTemporaryFolder();
  let server: Server;
  let lines: { line: string; socket: Socket }[];
  let heard: (() => void) | undefined;
  let isOpen: boolean;

  beforeEach(async () => {
    lines = [];
    isOpen = true;
    server = createServer((socket) => {
      socket.on('error', () => {});
      let text = '';
      socket.on('data', (chunk) => {
        text += chunk.toString();
        for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n')) {
          lines.push({ line: text.slice(0, end + 1), socket });
          text = text.slice(end + 1);
          heard?.();
        }
      });
    });
    await new Promise<void>((resolve) => server.listen(join(folder.path, 's'), resolve));
  });
  afterEach(() => {
    for (const { socket } of lines) socket.destroy();
    server.close();
  });

  const port = () => new ControlPort(join(folder.path, 's'), 'x', async () => isOpen);
  const line = async (index: number) => {
    while (lines.length <= index) await new Promise<void>((resolve) => (heard = resolve));
    const found = lines[index];
    if (found === undefined) throw new Error('no line');
    return found;
  };

  it('gives a stream that begins right behind the echo, whatever was left in the port', async () => {
    const dialled = port().dial(undefined);
    const first = await line(0);
    first.socket.write('left over\nfirekiln-dial of somebody else\n');
    first.socket.write(`${first.line}SSH-2.0-x\r\n`);
    const stream = await dialled;
    const [greeting] = (await stream.take(1).toArray()) as Buffer[];
    expect(String(greeting)).toBe('SSH-2.0-x\r\n');
  });

  it('sends the first line once, however slow the guest is', async () => {
    const dialled = port().dial(undefined);
    const first = await line(0);
    await new Promise((resolve) => setTimeout(resolve, 2500));
    first.socket.write(first.line);
    const stream = await dialled;
    expect(lines).toHaveLength(1);
    stream.destroy();
  });

  it('sends a line anew, and another one, when the guest was busy with the stream before', async () => {
    const control = port();
    const dialled = control.dial(undefined);
    const first = await line(0);
    first.socket.write(first.line);
    (await dialled).destroy();
    const again = control.dial(undefined);
    const lost = await line(1);
    const second = await line(2);
    expect(second.socket).not.toBe(lost.socket);
    expect(second.line).not.toBe(lost.line);
    second.socket.write(lost.line);
    second.socket.write(second.line);
    (await again).destroy();
  });

  it('lets one dial wait for the stream of another', async () => {
    const control = port();
    const one = control.dial(undefined);
    const two = control.dial(undefined);
    const first = await line(0);
    first.socket.write(first.line);
    const stream = await one;
    expect(lines).toHaveLength(1);
    isOpen = false;
    stream.destroy();
    const second = await line(1);
    second.socket.write(second.line);
    (await two).destroy();
  });

  it('rejects with ABORTED and VM_ENDED', async () => {
    const control = port();
    const abort = new AbortController();
    const aborted = control.dial(abort.signal);
    const ended = control.dial(undefined);
    await line(0);
    abort.abort();
    await expect(aborted).rejects.toMatchObject({ code: 'ABORTED' });
    control.end();
    await expect(ended).rejects.toMatchObject({ code: 'VM_ENDED' });
    await expect(control.dial(undefined)).rejects.toMatchObject({ code: 'VM_ENDED' });
  });
});
