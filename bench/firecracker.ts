/**
 * What Firekiln costs beside plain Firecracker with the same kernel, initrd and drives from a config file: from the start of
 * the VMM to the first line of the guest's program, without and with the jailer; and a snapshot beside a cold start, to the
 * first answer on the control stream. Plain Firecracker has its API socket, without which nobody can stop, pause or snapshot
 * the VM; what `--no-api` alone saves is told too. Needs a KVM that works, and root for the jailer:
 *
 *   npm run bench:firecracker                    in the test bed
 *   node bench/firecracker.ts --repetitions N    on this machine
 */
import { once } from 'node:events';
import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { silentEmitter } from '../src/base/events.ts';
import { startProcess } from '../src/base/process.ts';
import type { Machine, MachineDriver, MachineSpec } from '../src/vm/driver.ts';
import { firecrackerConfiguration } from '../src/vm/firecracker/configuration.ts';
import { createFirecrackerDriver } from '../src/vm/firecracker/firecracker-driver.ts';
import { bedKernel } from '../test/support/bed-kernel.ts';
import { jailBelow } from '../test/support/firecracker/jail-lab.ts';
import { makeTestGuest } from '../test/support/test-guest/test-guest.ts';
import { findTool } from '../test/support/tools.ts';
import { machine, median, numberOption, timeProgram, versionOf } from './support/measure.ts';
import { workFolder } from './support/work-folder.ts';

const repetitions = numberOption('repetitions', 8);
const binary = findTool('firecracker') ?? '';
using work = workFolder('fc');
await using kernel = await bedKernel();
await using guest = await makeTestGuest(kernel.modules);
const drive = join(work.path, 'drive.img');
await writeFile(drive, Buffer.alloc(64 << 20));
let count = 0;

const plainDriver = createFirecrackerDriver({ binary });
const jailedDriver = createFirecrackerDriver({ binary, jail: jailBelow(join(work.path, 'j')) });
const samples = {
  plain: [] as number[],
  noApi: [] as number[],
  driver: [] as number[],
  jailed: [] as number[],
  cold: [] as number[],
  restored: [] as number[],
};

type Times = Partial<Record<keyof typeof samples, number>>;
const sides: readonly (() => Promise<Times>)[] = [
  async () => ({ plain: await bootPlain(true) }),
  async () => ({ noApi: await bootPlain(false) }),
  async () => ({ driver: await bootWith(plainDriver) }),
  async () => ({ jailed: await bootWith(jailedDriver) }),
];
/** In four rounds each side has each place, and comes after each other side, once (Williams' Latin square): what went before tells. */
const orders = [
  [0, 1, 3, 2],
  [1, 2, 0, 3],
  [2, 3, 1, 0],
  [3, 0, 2, 1],
];

console.log(`${machine()}\n${versionOf(binary, '--version')}; medians of ${repetitions}, the sides taking turns\n`);
// One round that is not counted: caches are cold in it.
for (let round = 0; round <= repetitions; round++) {
  const took: Times = {};
  for (const at of orders[round % orders.length] ?? []) Object.assign(took, await sides[at]?.());
  Object.assign(took, await coldAndRestored());
  console.error(
    `round ${round} of ${repetitions}: ${JSON.stringify(took, (_, value: unknown) => (typeof value === 'number' ? Math.round(value) : value))} ms`,
  );
  if (round === 0) continue;
  for (const [name, ms] of Object.entries(took)) samples[name as keyof typeof samples].push(ms);
}
const cli = median(
  Array.from({ length: repetitions }, () => timeProgram(process.execPath, ['dist/firekiln.js', 'version']).wallMs),
);

const medians = Object.fromEntries(Object.entries(samples).map(([name, all]) => [name, median(all)]));
const { plain = 0, noApi = 0, driver = 0, jailed = 0, cold = 0, restored = 0 } = medians;
const ratios = { driver: driver / plain, jailed: jailed / plain, no_api: noApi / plain, restored: restored / cold };
console.log('| what | time, s | least | most | times as long | target |\n| --- | --- | --- | --- | --- | --- |');
row('Firecracker, config file: to the first output', samples.plain);
row('the same with --no-api', samples.noApi, ratios.no_api);
row('driver firecracker: to the first output', samples.driver, ratios.driver, '1.15');
row('driver firecracker, jailed: to the first output', samples.jailed, ratios.jailed, '1.3');
row('cold start: to the first answer', samples.cold);
row('snapshot: to the first answer', samples.restored, ratios.restored, '0.2');
console.log(`\nthe command itself, \`firekiln version\`: ${(cli / 1000).toFixed(2)} s\n`);
const besideNoApi = { driver_no_api: driver / noApi, jailed_no_api: jailed / noApi };
const pairs = { ...ratios, ...besideNoApi, cli_s: cli / 1000, plain_s: plain / 1000 };
console.log(
  Object.entries(pairs)
    .map(([name, value]) => `${name}=${value.toFixed(3)}`)
    .join(' '),
);

function row(what: string, all: readonly number[], ratio?: number, target = ''): void {
  const times = [median(all), Math.min(...all), Math.max(...all)].map((ms) => (ms / 1000).toFixed(2));
  console.log(`| ${[what, ...times, ratio?.toFixed(2) ?? '', target].join(' | ')} |`);
}

async function specOf(): Promise<MachineSpec> {
  return {
    id: `bench-${process.pid}-${++count}`,
    kernel,
    initrds: [guest.initrd],
    kernelArgs: [],
    vcpus: 1,
    memoryMiB: 256,
    drives: [{ id: 'drive', path: drive, readOnly: true }],
    runDir: await mkdtemp(join(work.path, 'r')),
    emitter: silentEmitter,
  };
}

/** Calls `begin`, and gives the milliseconds until `ready` is in what it hands over. */
async function untilReady(begin: (hear: (chunk: Buffer) => void) => Promise<unknown>): Promise<number> {
  const { promise, resolve } = Promise.withResolvers<number>();
  let heard = '';
  const started = performance.now();
  await begin((chunk) => {
    heard = (heard + chunk.toString('latin1')).slice(-4096);
    if (guest.ready.test(heard)) resolve(performance.now() - started);
  });
  return await promise;
}

async function bootPlain(hasApi: boolean): Promise<number> {
  const spec = await specOf();
  const files = { kernel: kernel.vmlinux, initrd: guest.initrd, drives: [drive], vsock: join(spec.runDir, 'v') };
  const config = join(spec.runDir, 'config.json');
  await writeFile(config, JSON.stringify(firecrackerConfiguration(spec, files)));
  const api = hasApi ? ['--api-sock', join(spec.runDir, 'api')] : ['--no-api'];
  const args = [...api, '--config-file', config, '--id', spec.id, '--level', 'Error'];
  let stop = async (): Promise<unknown> => undefined;
  const took = await untilReady(async (each) => {
    const process = await startProcess(binary, { args, stdout: { each } });
    stop = async () => {
      process.kill('SIGKILL');
      await process.result;
    };
  });
  await stop();
  return took;
}

async function bootWith(which: MachineDriver): Promise<number> {
  const made = await which.create(await specOf());
  const took = await untilReady(async (hear) => {
    made.onConsole(hear);
    await made.start();
  });
  await made.destroy();
  return took;
}

async function coldAndRestored(): Promise<Times> {
  const folder = join(work.path, `s${count}`);
  await mkdir(work.path, { recursive: true });
  const spec = await specOf();
  const first = await plainDriver.create(spec);
  const cold = await untilAnswer(first);
  await first.snapshot({ folder, holdsSecrets: false });
  await first.destroy();
  const { id, runDir } = await specOf();
  const second = await plainDriver.create({ ...spec, id, runDir, restore: { folder } });
  const restored = await untilAnswer(second);
  await second.destroy();
  return { cold, restored };
}

/** Until the SSH server of the guest speaks. */
async function untilAnswer(made: Machine): Promise<number> {
  const started = performance.now();
  await made.start();
  const stream = await made.dial();
  const [said] = await Promise.race([once(stream, 'data'), once(stream, 'close')]);
  if (said === undefined) throw new Error('the guest hung up');
  const took = performance.now() - started;
  stream.destroy();
  return took;
}
