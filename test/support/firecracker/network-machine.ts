/** Boots a machine in Firecracker on the user network, and tells what its guest gets and reaches; as whoever runs it. */
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentEmitter } from '../../../src/base/events.ts';
import { createTapUserNetworkProvider } from '../../../src/net/user/tap-user-provider.ts';
import { createFirecrackerDriver } from '../../../src/vm/firecracker/firecracker-driver.ts';
import { bedKernel } from '../bed-kernel.ts';
import { consoleMatch } from '../driver-conformance.ts';
import { makeTestGuest } from '../test-guest/test-guest.ts';
import { findTool } from '../tools.ts';
import { jailBelow } from './jail-lab.ts';

export interface SeenByGuest {
  readonly address: string;
  /** What servers say: at `outside`, and on the loopback of the host, from which the guest has taken its own away. */
  readonly outside: string;
  readonly loopback: string;
  readonly capabilities: string;
}

const bootMs = 180_000;

export async function networkMachine(outside: string): Promise<SeenByGuest> {
  const folder = await mkdtemp(join(tmpdir(), 'fkn-'));
  await using kernel = await bedKernel();
  await using guest = await makeTestGuest(kernel.modules);
  const provider = createTapUserNetworkProvider({
    binary: findTool('pasta') ?? '',
    stateDir: join(folder, 'network'),
  });
  const isRoot = process.getuid?.() === 0;
  const jail = isRoot ? jailBelow(folder) : undefined;
  const driver = createFirecrackerDriver({ binary: findTool('firecracker') ?? '', jail });
  const id = `network-${process.pid}`;
  const runDir = join(folder, 'run');
  await mkdir(runDir, { mode: 0o700 });
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.end('secret');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const bound = server.address();
  const port = typeof bound === 'object' && bound !== null ? bound.port : 0;
  try {
    const network = await provider.attach({
      vmId: id,
      runDir,
      hostname: 'x',
      publish: [],
      tapOwner: driver.tapOwner?.(id),
      emitter: silentEmitter,
    });
    const machine = await driver.create({
      id,
      kernel,
      initrds: [guest.initrd],
      kernelArgs: [],
      vcpus: 1,
      memoryMiB: 256,
      drives: [],
      network,
      runDir,
      emitter: silentEmitter,
    });
    try {
      const ready = consoleMatch(machine, guest.ready, bootMs);
      await machine.start();
      await ready;
      await using shell = await guest.connect(await machine.dial());
      const run = async (command: string) => String((await shell.exec(command)).stdout).trim();
      const read = (address: string) => `socat -u -T 5 TCP4:${address},connect-timeout=10 - 2>&1`;
      await run('ip link set eth0 up && udhcpc -q -n -t 10 -i eth0 -s /dhcp 2>&1');
      const address = await run("ip -4 -o addr show eth0 | sed 's/.*inet \\([0-9.]*\\).*/\\1/'");
      const heard = await run(read(outside));
      await run('ip addr flush dev lo; ip link set lo down; ip route add 127.0.0.0/8 dev eth0');
      const loopback = await run(read(`127.0.0.1:${port}`));
      return { address, outside: heard, loopback, capabilities: await capabilitiesOf(machine.pid) };
    } finally {
      await machine.destroy();
    }
  } finally {
    server.close();
    await provider.detach(id);
    await rm(folder, { recursive: true, force: true });
  }
}

async function capabilitiesOf(pid: number | undefined): Promise<string> {
  return /CapEff:\t(\S+)/.exec(await readFile(`/proc/${pid}/status`, 'utf8'))?.[1] ?? '';
}

if (process.argv[1] === import.meta.filename) {
  process.stdout.write(`${JSON.stringify(await networkMachine(process.argv[2] ?? ''))}\n`);
}
