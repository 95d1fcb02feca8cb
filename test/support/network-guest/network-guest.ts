import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type RunningProcess, runProcess, startProcess, tryProcess } from '../../../src/base/process.ts';
import type { NetworkAttachment } from '../../../src/net/provider.ts';

/**
 * A stand-in for a VM on a tap, for tests of networks without a VM: a network namespace whose interface is connected
 * with the tap as a VMM would, and has the addresses and routes that the attachment says.
 */
export class NetworkGuest implements AsyncDisposable {
  readonly netns: string;
  readonly #programs: RunningProcess[] = [];

  private constructor(netns: string) {
    this.netns = netns;
  }

  /** @param netns Path of a file to be made: the guest's namespace is bound to it. */
  static async start(netns: string, attachment: NetworkAttachment): Promise<NetworkGuest> {
    if (attachment.kind !== 'tap' || attachment.netnsPath === undefined) throw new Error('no tap in a namespace');
    await writeFile(netns, '');
    await runProcess('unshare', { args: [`--net=${netns}`, 'true'] });
    const guest = new NetworkGuest(netns);
    const script = new URL('tap-cable.py', import.meta.url).pathname;
    await guest.#startReady(
      'python3',
      [script, attachment.netnsPath, attachment.tapName, netns, attachment.mac],
      false,
    );
    const lines = [
      ...attachment.addresses.map((address) => `addr add ${address} dev eth0`),
      ...attachment.routes.map(({ destination, gateway }) =>
        gateway === undefined ? `route add ${destination} dev eth0` : `route add ${destination} via ${gateway}`,
      ),
    ];
    await guest.run('ip', ['-batch', '-'], `${lines.join('\n')}\n`);
    return guest;
  }

  /** Runs a program in the guest; its output. */
  async run(command: string, args: readonly string[], input = ''): Promise<string> {
    const { stdout } = await runProcess('nsenter', {
      args: [`--net=${this.netns}`, '--', command, ...args],
      stdin: { text: input },
      timeoutMs: 30_000,
    });
    return stdout.toString();
  }

  /** What a server says that the guest connects with; undefined if there is no connection within some seconds. */
  async hear(address: string, port: number): Promise<string | undefined> {
    const { exitCode, stdout } = await tryProcess('nsenter', {
      args: [`--net=${this.netns}`, '--', 'python3', '-c', hearer, address, String(port)],
      timeoutMs: 30_000,
    });
    return exitCode === 0 ? stdout.toString() : undefined;
  }

  /** Lets the guest say something to everyone who connects with a port of its. */
  async say(words: string, port: number): Promise<void> {
    await this.#startReady('python3', ['-c', speaker, String(port), words], true);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#programs.map(async (program) => await program.stop()));
    await runProcess('umount', { args: ['--lazy', this.netns] });
    await rm(this.netns, { force: true });
  }

  async #startReady(command: string, args: readonly string[], inside: boolean): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const [program, words] = inside ? ['nsenter', [`--net=${this.netns}`, '--', command, ...args]] : [command, args];
    const running = await startProcess(program, {
      args: words,
      stdout: { each: (chunk) => void (chunk.includes('ready') && resolve()) },
    });
    this.#programs.push(running);
    const died = running.result.then(({ stderr }) => {
      throw new Error(`${command} ended: ${stderr.toString()}`);
    });
    died.catch(() => {});
    await Promise.race([promise, died]);
  }
}

/** A path for the namespace of a guest. */
export function guestNetns(folder: string, name: string): string {
  return join(folder, `guest-${name}`);
}

const hearer = `
import socket, sys
with socket.create_connection((sys.argv[1], int(sys.argv[2])), timeout=5) as s:
    sys.stdout.write(s.makefile().read())
`;

const speaker = `
import socket, sys
s = socket.socket()
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind(("0.0.0.0", int(sys.argv[1])))
s.listen()
print("ready", flush=True)
while True:
    c, _ = s.accept()
    c.sendall(sys.argv[2].encode())
    c.close()
`;
