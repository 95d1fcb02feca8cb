/** Attaches a VM and waits to be killed: `attach-worker.ts PASST STATE-DIR RUN-DIR VM-ID`. */
import { setTimeout as sleep } from 'node:timers/promises';
import { silentEmitter } from '../../../../src/base/events.ts';
import { createUserNetworkProvider } from '../../../../src/net/user/user-provider.ts';

const [binary = '', stateDir = '', runDir = '', vmId = ''] = process.argv.slice(2);
const provider = createUserNetworkProvider({ binary, stateDir });
await provider.attach({ vmId, runDir, hostname: vmId, publish: [], emitter: silentEmitter });
process.stdout.write('attached\n');
await sleep(60_000);
