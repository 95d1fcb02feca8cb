/** A process of its own that starts a machine and waits to be killed, for tests of what is left then; SIGTERM ends it in order. */
import { silentEmitter } from '../../../src/base/events.ts';
import type { MachineSpec } from '../../../src/vm/driver.ts';
import {
  createFirecrackerDriver,
  type FirecrackerDriverOptions,
} from '../../../src/vm/firecracker/firecracker-driver.ts';

export type OwnedMachine = FirecrackerDriverOptions & { readonly spec: Omit<MachineSpec, 'emitter'> };

const { spec, ...options } = JSON.parse(process.argv[2] ?? '') as OwnedMachine;
const machine = await createFirecrackerDriver(options).create({ ...spec, emitter: silentEmitter });
await machine.start();
process.stdout.write(`${machine.pid}\n`);
process.once('SIGTERM', () => void machine.destroy().then(() => process.exit(0)));
setInterval(() => {}, 60_000);
