import { silentEmitter } from '../../../../src/base/events.ts';
import { registrySource } from '../../../../src/images/sources/registry-source.ts';
import { openStore } from '../../../../src/store/open-store.ts';
import { testClient } from '../../../support/registry-client.ts';

/** Pulls `argv[3]` into the store below `argv[2]`; killed by the test. */
const [, , dataDir = '', name = ''] = process.argv;
await using store = await openStore({ dataDir });
await using test = testClient();
const options = { platform: { os: 'linux', architecture: 'amd64' }, fresh: true, emitter: silentEmitter };
const image = await registrySource(store, test.client).resolve(name, options);
await image?.layers({ node: 'pull', emitter: silentEmitter });
