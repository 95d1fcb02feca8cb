import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { delay } from '../../src/base/abort.ts';
import { silentEmitter } from '../../src/base/events.ts';
import { startProcess } from '../../src/base/process.ts';
import { openStore } from '../../src/store/open-store.ts';
import { makeBusyboxImage } from '../support/busybox-image.ts';
import { auditStore } from '../support/faults/audit-store.ts';
import { shareAppliance } from '../support/share-appliance.ts';
import { useTemporaryFolder } from '../support/temporary-folder.ts';
import { describeWithTools } from '../support/tools.ts';

const kills = process.env.FIREKILN_TEST_FULL ? 25 : 2;
const dockerfile = `FROM base:1
COPY a /a
RUN --mount=type=cache,target=/cache wc -c </a >/size && echo >>/cache/used
RUN for i in 1 2 3 4 5 6 7 8; do dd if=/dev/zero of=/made-$i bs=1024 count=100; done
`;

describeWithTools(['busybox', 'qemu-system-x86_64'], 'builds in VMs that are killed at random', () => {
  const folder = useTemporaryFolder();
  const at = (...names: string[]) => join(folder.path, ...names);

  it(
    'leave no VM, commit all or nothing, and the next one works',
    async () => {
      mkdirSync(at('context'));
      writeFileSync(at('context/a'), 'a'.repeat(100_000));
      await shareAppliance(at('data'));
      {
        await using store = await openStore({ dataDir: at('data'), emitter: silentEmitter });
        await makeBusyboxImage(store, 'docker.io/library/base:1', {});
      }
      const build = async (tag: string, killAfterMs: number) => {
        const args = ['build', '-q', '--no-cache', '-t', `app:${tag}`, '-f', '-', at('context')];
        const child = await startProcess(process.execPath, {
          args: [process.env.FIREKILN_TEST_BUNDLE ?? '', ...args],
          env: { ...process.env, FIREKILN_DATA_DIR: at('data'), SOURCE_DATE_EPOCH: '1700000000' },
          stdin: { text: dockerfile },
        });
        const timer = setTimeout(() => child.kill('SIGKILL'), killAfterMs);
        const end = await child.result;
        clearTimeout(timer);
        if (end.signal !== 'SIGKILL') expect(end.exitCode, end.stderr.toString()).toBe(0);
        return { pid: child.pid, durationMs: end.durationMs, killed: end.signal === 'SIGKILL' };
      };
      const audit = async () => {
        await using store = await openStore({ dataDir: at('data'), signal: AbortSignal.timeout(120_000) });
        await store.gc({ signal: AbortSignal.timeout(120_000) });
        await store[Symbol.asyncDispose]();
        return auditStore(at('data')).images;
      };
      const { durationMs } = await build('reference', 300_000);
      const reference = (await audit()).get('docker.io/library/app:reference');
      let killed = 0;
      for (let round = 0; killed < kills; round++) {
        const end = await build(`${round}`, 200 + Math.random() * durationMs);
        if (end.killed) killed++;
        await expectNoMachines(end.pid);
        const image = (await audit()).get(`docker.io/library/app:${round}`);
        if (!end.killed || image !== undefined) expect(image).toBe(reference);
      }
      await build('last', 300_000);
      expect((await audit()).get('docker.io/library/app:last')).toBe(reference);
    },
    120_000 + kills * 60_000,
  );
});

/** The kernel ends the machines of a build with it; they name its process in the paths of their sockets. */
async function expectNoMachines(pid: number): Promise<void> {
  const machines = () =>
    readdirSync('/proc').filter((name) => /^\d+$/.test(name) && commandLine(name).includes(`firekiln-${pid}-`));
  for (let patience = 100; patience > 0 && machines().length > 0; patience--) await delay(50);
  expect(machines().map(commandLine)).toEqual([]);
}

function commandLine(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    // It has ended.
    return '';
  }
}
