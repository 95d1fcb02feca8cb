/** Attaches the VM `vm-killed` to the network of a {@link CniHost} and waits to be killed: `node attach-worker.ts FOLDER`. */
import { silentEmitter } from '../../../src/base/events.ts';
import { CniHost } from '../../support/cni-host.ts';

const [folder = ''] = process.argv.slice(2);
const host = await CniHost.create(folder, 125);
const about = { runDir: folder, hostname: 'x', publish: [], emitter: silentEmitter };
await host.provider().attach({ vmId: 'vm-killed', ...about });
process.stdout.write('attached\n');
setInterval(() => {}, 1000);
