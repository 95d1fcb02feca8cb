import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FirekilnError } from '../base/errors/firekiln-error.ts';
import type { Appliance, Guest } from '../guest/guest.ts';
import { findTools } from '../setup/appliance/set-up-tools.ts';
import { type Check, tryCheck } from '../setup/doctor/check.ts';
import { checkHost } from '../setup/doctor/host-checks.ts';
import { findKernel } from '../setup/kernel/set-up-kernel.ts';
import type { App } from './app.ts';
import { openAppliance } from './appliance.ts';
import { guestBoot } from './guest-boot.ts';
import { openMachines, qemuAcceleration } from './machines.ts';

const commandMs = 60_000;

/** Finds out by trying what works on this host: builds and runs work if no check is `broken`. */
export async function examine(app: App): Promise<Check[]> {
  const checks = await checkHost(app.dataDir, app.signal);
  let appliance: Appliance | undefined;
  checks.push(
    await tryCheck('appliance', async () => {
      const store = await app.store();
      if ((await findKernel(store)) === undefined || (await findTools(store)) === undefined) {
        throw new FirekilnError('APPLIANCE_MISSING', 'kernel and appliance are not set up', {
          hint: 'Run `firekiln setup`; a build does it too.',
        });
      }
      appliance = await openAppliance(app);
      return { state: 'works', text: `Linux ${appliance.release}` };
    }),
  );
  if (appliance === undefined) return checks;
  checks.push(await checkKvm(app, appliance), ...(await checkGuest(app, appliance)));
  return checks;
}

async function checkKvm(app: App, appliance: Appliance): Promise<Check> {
  return await tryCheck('kvm', async () => {
    const { whyEmulated } = await qemuAcceleration(app, appliance, { fresh: true });
    if (whyEmulated === undefined) return { state: 'works', text: 'a guest boots with it' };
    return {
      state: 'limited',
      text: `guests are emulated, which is slow and no security boundary: ${whyEmulated}`,
      wayOut: 'Use a host with hardware virtualisation whose /dev/kvm this user may open.',
    };
  });
}

/** What a kernel must bring, as a line for each thing that is missing. */
const kernelCheck = [
  'for name in ext4 overlay tmpfs devpts; do grep -qw "$name" /proc/filesystems || echo "file system $name"; done',
  'ls /dev/vda >/dev/null 2>&1 || echo "drives (virtio_blk)"',
  'for name in mnt pid ipc uts net; do [ -e /proc/self/ns/$name ] || echo "$name namespaces"; done',
].join('\n');

/** Boots a guest with a network and a drive, and sees whether it has what builds and runs need. */
export async function checkGuest(app: App, appliance: Appliance): Promise<Check[]> {
  const vmId = `doctor-${process.pid}`;
  const runDir = await mkdtemp(join(tmpdir(), 'firekiln-'));
  const { emitter, signal } = app;
  let guest: Guest | undefined;
  let hasNetwork = false;
  await using cleanup = new AsyncDisposableStack();
  cleanup.defer(async () => await rm(runDir, { recursive: true, force: true }));
  const boot = await tryCheck('guest', async () => {
    const { driver, network } = await openMachines(app, { appliance });
    const machine = { driver, appliance, id: vmId, purpose: 'run', vcpus: 1, memoryMiB: 256 } as const;
    const drives = [{ id: 'any', path: appliance.modules ?? appliance.initrd, readOnly: true }];
    if (network !== undefined) cleanup.defer(async () => await network.detach(vmId));
    const tapOwner = driver.tapOwner?.(vmId);
    const attachment = await network?.attach({
      vmId,
      runDir,
      hostname: 'doctor',
      publish: [],
      tapOwner,
      emitter,
      signal,
    });
    hasNetwork = attachment !== undefined;
    const started = performance.now();
    guest = cleanup.use(
      await guestBoot(app)({ ...machine, drives, network: attachment, hostname: 'doctor', runDir, emitter, signal }),
    );
    const { exitCode, stdout } = await guest.exec(kernelCheck, {
      signal: AbortSignal.any([signal, AbortSignal.timeout(commandMs)]),
    });
    const seconds = ((performance.now() - started) / 1000).toFixed(1);
    const missing = String(stdout).trim();
    if (missing !== '') {
      throw new FirekilnError('KERNEL_UNFIT', `Linux ${appliance.release} lacks ${missing.replaceAll('\n', ', ')}`, {
        hint: "Give a kernel that has it, or use Debian's: `firekiln setup kernel --upgrade`.",
      });
    }
    if (exitCode === undefined) return { state: 'broken', text: 'a command in a guest did not come to its end' };
    return { state: 'works', text: `${driver.name} boots one and runs a command after ${seconds} s` };
  });
  if (guest === undefined) return [boot];
  const running = guest;
  const ask = async (command: string) => {
    return await running.exec(command, { signal: AbortSignal.any([signal, AbortSignal.timeout(commandMs)]) });
  };
  if (!hasNetwork) return [boot, { name: 'network', state: 'limited', text: 'the driver has no network here' }];
  return [boot, await checkNetwork(ask), await checkLoopback(ask)];
}

type Ask = (command: string) => ReturnType<Guest['exec']>;

async function checkNetwork(ask: Ask): Promise<Check> {
  return await tryCheck('network', async () => {
    const { stdout, exitCode } = await ask(
      'ip -4 route show default | grep -q via && grep -q ^nameserver /etc/resolv.conf',
    );
    if (exitCode !== 0)
      return { state: 'broken', text: `a guest has no route or name server: ${String(stdout).trim()}` };
    const name = 'deb.debian.org';
    const found = await ask(`nslookup ${name} >/dev/null 2>&1`);
    if (found.exitCode === 0) return { state: 'works', text: `a guest has an address and can look up ${name}` };
    return {
      state: 'limited',
      text: `a guest has an address, but can not look up ${name}`,
      wayOut: 'Check the name servers in /etc/resolv.conf of this host, and whether it is online.',
    };
  });
}

/** A guest must not reach what listens on the host's loopback. */
async function checkLoopback(ask: Ask): Promise<Check> {
  return await tryCheck('isolation', async () => {
    let reached = false;
    const server = createServer((socket) => {
      reached = true;
      socket.destroy();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    try {
      const address = server.address();
      const port = typeof address === 'object' && address !== null ? address.port : 0;
      const gateways = "$(ip -4 route show default | sed -n 's/.*via \\([0-9.]*\\).*/\\1/p') 10.0.2.2";
      await ask(`for host in ${gateways}; do timeout 3 nc "$host" ${port} </dev/null; done >/dev/null 2>&1; true`);
    } finally {
      server.close();
    }
    if (reached) return { state: 'broken', text: "a guest reaches servers on this host's loopback" };
    return { state: 'works', text: "a guest does not reach this host's loopback" };
  });
}
