import { tmpdir } from 'node:os';
import { createFakeDriver } from '../../../src/vm/fake/fake-driver.ts';
import { testDriver } from '../../support/driver-conformance.ts';
import { connectScripted, createScriptedGuest } from '../../support/fake-guest.ts';

const noKernel = 'the fake driver runs no kernel';

testDriver({
  name: 'fake',
  runRoot: tmpdir(),
  fixture: async () => ({
    driver: createFakeDriver(() => createScriptedGuest()),
    guest: async () => ({
      kernel: { vmlinux: '/nowhere' },
      initrds: [],
      kernelArgs: [],
      ready: /fake-ready/,
      bootMs: 5000,
      connect: connectScripted,
    }),
    leftovers: async () => [],
    [Symbol.asyncDispose]: async () => {},
  }),
  except: {
    kill: 'its process is the test itself',
    drives: noKernel,
    resources: noKernel,
    'missing-kernel': noKernel,
    'console-flood': noKernel,
    snapshot: 'it has none',
  },
});
