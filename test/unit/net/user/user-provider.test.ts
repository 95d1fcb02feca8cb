import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile } from 'node:fs/promises';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { silentEmitter } from '../../../../src/base/events.ts';
import { startProcess } from '../../../../src/base/process.ts';
import { createUserNetworkProvider } from '../../../../src/net/user/user-provider.ts';
import { useTemporaryFolder } from '../../../support/temporary-folder.ts';
import { describeWithTools, findTool } from '../../../support/tools.ts';

describeWithTools(['passt'], 'user network', () => {
  const folder = useTemporaryFolder();
  const stateDir = () => join(folder.path, 'state');
  const provider = () => createUserNetworkProvider({ binary: findTool('passt') ?? 'passt', stateDir: stateDir() });
  const request = async (vmId: string) => {
    const runDir = join(folder.path, `run-${vmId}`);
    await mkdir(runDir, { mode: 0o700 });
    return { vmId, runDir, hostname: vmId, publish: [], emitter: silentEmitter };
  };

  it('attaches two VMs with addresses of their own, detaches each without a trace, twice', async () => {
    const user = provider();
    const [a, b] = await Promise.all([user.attach(await request('a')), user.attach(await request('b'))]);
    expect(a).toMatchObject({ kind: 'stream-socket', dhcp: true, published: [] });
    expect(a.mac).not.toBe(b.mac);
    if (b.kind !== 'stream-socket') throw new Error('no socket');
    await user.detach('a');
    await user.detach('a');
    expect(await readdir(join(folder.path, 'run-a'))).toEqual([]);
    expect(await readdir(stateDir())).toEqual(['b.json']);
    const socket = createConnection(b.socketPath);
    await new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject));
    socket.destroy();
    await user.detach('b');
    expect(await readdir(stateDir())).toEqual([]);
  });

  it('detaches what another provider, or another process, has attached', async () => {
    await provider().attach(await request('a'));
    const { pid } = JSON.parse(await readFile(join(stateDir(), 'a.json'), 'utf8')) as { pid: number };
    expect(isAlive(pid)).toBe(true);
    await provider().detach('a');
    expect(isAlive(pid)).toBe(false);
    expect(await readdir(join(folder.path, 'run-a'))).toEqual([]);
    await provider().detach('never-attached');
  });

  it('leaves nothing alive when its process is killed, and detach removes the rest', async () => {
    const { vmId, runDir } = await request('a');
    const worker = await startProcess(process.execPath, {
      args: [new URL('attach-worker.ts', import.meta.url).pathname, findTool('passt') ?? '', stateDir(), runDir, vmId],
      stdout: { each: (chunk) => void (chunk.includes('attached') && worker.kill('SIGKILL')) },
    });
    await worker.result;
    const { pid } = JSON.parse(await readFile(join(stateDir(), 'a.json'), 'utf8')) as { pid: number };
    await expect.poll(() => isAlive(pid)).toBe(false);
    await provider().detach('a');
    expect(await readdir(runDir)).toEqual([]);
    expect(await readdir(stateDir())).toEqual([]);
  });

  it('says what passt said, and leaves nothing, when passt fails', async () => {
    const broken = createUserNetworkProvider({ binary: '/bin/false', stateDir: stateDir() });
    await expect(broken.attach(await request('a'))).rejects.toMatchObject({ code: 'NETWORK_FAILED' });
    expect(await readdir(join(folder.path, 'run-a'))).toEqual([]);
    expect(await readdir(stateDir())).toEqual([]);
  });

  it('an aborted attach leaves nothing', async () => {
    const abort = new AbortController();
    const attaching = provider().attach({ ...(await request('a')), signal: abort.signal });
    await sleep(1);
    abort.abort();
    await attaching.then(
      async () => await provider().detach('a'),
      (error: unknown) => expect(error).toMatchObject({ code: 'ABORTED' }),
    );
    expect(existsSync(join(folder.path, 'run-a', 'net'))).toBe(false);
    expect(await readdir(stateDir())).toEqual([]);
  });
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
