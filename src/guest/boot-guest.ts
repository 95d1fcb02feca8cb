import { randomBytes } from 'node:crypto';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { abortError, throwIfAborted } from '../base/abort.ts';
import { isFirekilnError } from '../base/errors/firekiln-error.ts';
import { createKeyPair } from '../ssh/keys.ts';
import { SshConnection } from '../ssh/ssh-connection.ts';
import type { DriverCapabilities, Machine } from '../vm/driver.ts';
import { BootWatch } from './boot-watch.ts';
import type { BootOptions, Guest } from './guest.ts';
import { writeSeed } from './seed.ts';
import { SshGuest } from './ssh-guest.ts';

/** An emulated guest needs 3 s on an idle machine; a busy one may be 20 times as slow. */
const emulatedBootMs = 90_000;
const acceleratedBootMs = 30_000;

/**
 * Boots the appliance and logs in. On any failure the machine is destroyed, its seed removed, and the error shows the
 * last stage that the guest told of and the end of its console.
 */
export async function bootGuest(options: BootOptions): Promise<Guest> {
  const { driver, appliance, id, signal, runDir } = options;
  const emitter = options.emitter.with({ vmId: id });
  throwIfAborted(signal, `booting the machine ${id}`);
  const started = performance.now();
  emitter.emit({ event: 'vm.starting', vmId: id, driver: driver.name, purpose: options.purpose });
  const hostKey = createKeyPair();
  const clientKey = createKeyPair();
  const seed = join(runDir, `seed-${randomBytes(4).toString('hex')}.cpio`);
  await using cleanup = new AsyncDisposableStack();
  await mkdir(runDir, { recursive: true, mode: 0o700 });
  cleanup.defer(async () => await rm(seed, { force: true }));
  const contents = writeSeed({
    hostname: options.hostname,
    control: driver.capabilities.controlTransport,
    driveCount: options.drives.length,
    network: options.network,
    hostKey: hostKey.privateKey,
    authorizedKey: clientKey.authorizedKey,
  });
  await writeFile(seed, contents, { mode: 0o600 });
  const machine = await driver.create({
    id,
    kernel: appliance.kernel,
    initrds: [appliance.initrd, ...(options.moreInitrds ?? []), seed],
    kernelArgs: [...kernelArgs(driver.capabilities), ...(options.moreKernelArgs ?? [])],
    vcpus: options.vcpus,
    memoryMiB: options.memoryMiB,
    drives: options.drives,
    ...(options.cpuTemplate === undefined ? {} : { cpuTemplate: options.cpuTemplate }),
    ...(options.network === undefined ? {} : { network: options.network }),
    runDir,
    emitter,
  });
  cleanup.defer(async () => await machine.destroy());
  const connection = await reach(machine, options, { hostKey: hostKey.publicBlob, privateKey: clientKey.privateKey });
  await rm(seed, { force: true });
  emitter.emit({ event: 'vm.started', vmId: id, durationMs: performance.now() - started });
  cleanup.move();
  return new SshGuest({ machine, connection, emitter });
}

interface Keys {
  readonly hostKey: Buffer;
  readonly privateKey: string;
}

/** Starts the machine and logs in while the guest still brings up its network. */
async function reach(machine: Machine, options: BootOptions, keys: Keys): Promise<SshConnection> {
  const ms = options.bootTimeoutMs ?? defaultBootMs(options.driver.capabilities);
  const giveUp = new AbortController();
  const deadline = new AbortController();
  const timer = setTimeout(() => deadline.abort(), ms);
  const signal = AbortSignal.any([giveUp.signal, deadline.signal, ...(options.signal ? [options.signal] : [])]);
  const watch = new BootWatch(machine);
  const login = async () => {
    const stream = await machine.dial({ signal });
    const { hostKey, privateKey } = keys;
    const login = { username: 'root', hostKey, keys: [{ type: 'file', privateKey }] } as const;
    return await SshConnection.open({ stream, ...login, handshakeMs: ms, signal });
  };
  let loggingIn: Promise<SshConnection> | undefined;
  try {
    await machine.start(signal);
    loggingIn = login();
    const [connection] = await Promise.all([loggingIn, watch.ready(signal)]);
    return connection;
  } catch (error) {
    giveUp.abort();
    await loggingIn?.then(
      async (late) => await late[Symbol.asyncDispose](),
      () => {},
    );
    if (options.signal?.aborted) throw abortError(options.signal, `booting the machine ${machine.id}`);
    // Its VMM has ended, and why is known in a moment.
    if (machine.state === 'ended' || isFirekilnError(error, 'VM_ENDED')) await machine.ended;
    throw watch.explain(error, deadline.signal.aborted ? ms : undefined);
  } finally {
    clearTimeout(timer);
    watch.stop();
  }
}

/** Linux, Documentation/admin-guide/kernel-parameters.rst; what a kernel does not know it ignores. */
function kernelArgs({ accelerated }: DriverCapabilities): string[] {
  const words = ['rdinit=/firekiln/init'];
  // Half of the time that an emulated processor needs goes into self-tests and into keeping processors in step.
  const spared = ['cryptomgr.notests', 'initcall_blacklist=crypto_kdf108_init,init_kprobe_trace', 'maxcpus=1'];
  return accelerated ? words : [...words, ...spared];
}

function defaultBootMs({ accelerated }: DriverCapabilities): number {
  return accelerated ? acceleratedBootMs : emulatedBootMs;
}
