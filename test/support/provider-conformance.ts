import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { silentEmitter } from '../../src/base/events.ts';
import { startProcess } from '../../src/base/process.ts';
import type { AttachOptions, NetworkProvider } from '../../src/net/provider.ts';
import { useTemporaryFolder } from './temporary-folder.ts';

/** What a provider's own test says about it; see {@link testProvider}. */
export interface ProviderUnderTest {
  /** A provider with all of its state in a folder; called several times for one. */
  readonly open: (folder: string) => Promise<NetworkProvider>;
  /** Everything on this host that attached VMs have: nothing before the first and after the last. */
  readonly leftovers: (folder: string) => Promise<readonly string[]>;
  /** Removes what belongs to the network rather than to VMs. */
  readonly close?: (folder: string) => Promise<void>;
}

/**
 * The contract of net/provider.ts, for every provider. `module` is the file that exports the provider under test as
 * `underTest`: other processes import it.
 */
export function testProvider({ open, leftovers, close }: ProviderUnderTest, module: string): void {
  const folder = useTemporaryFolder();
  let provider: NetworkProvider;

  beforeEach(async () => {
    provider = await open(folder.path);
  });
  afterEach(async () => {
    for (const vmId of ['vm-a', 'vm-b']) await provider.detach(vmId);
    await close?.(folder.path);
  });
  const request = async (vmId: string, more: Partial<AttachOptions> = {}): Promise<AttachOptions> => {
    const runDir = join(folder.path, `run-${vmId}`);
    await mkdir(runDir, { recursive: true, mode: 0o700 });
    return { vmId, runDir, hostname: vmId, publish: [], emitter: silentEmitter, ...more };
  };

  it('gives VMs that come at the same time a network of their own', async () => {
    const requests = [await request('vm-a'), await request('vm-b')];
    const attached = await Promise.all(requests.map(async (one) => await provider.attach(one)));
    for (const { mac, addresses, dhcp, routes, dns } of attached) {
      // Unicast.
      expect(mac).toMatch(/^[0-9a-f][02468ace](?::[0-9a-f]{2}){5}$/);
      expect(dhcp).toBe(addresses.length === 0);
      if (!dhcp) expect(routes.map(({ destination }) => destination)).toContain('0.0.0.0/0');
      for (const server of dns.servers) expect(server).not.toMatch(/^127\.|^::1$/);
    }
    const [a, b] = attached;
    expect(a?.mac).not.toBe(b?.mac);
    if (a?.dhcp === false) expect(a.addresses).not.toEqual(b?.addresses);
  });

  it('detach leaves nothing, is safe twice and for a VM that never was; an id can be used again', async () => {
    await provider.attach(await request('vm-a'));
    expect(await leftovers(folder.path)).not.toEqual([]);
    await provider.detach('vm-a');
    expect(await leftovers(folder.path)).toEqual([]);
    await provider.detach('vm-a');
    await provider.detach('vm-never');
    expect(await leftovers(folder.path)).toEqual([]);
    expect((await provider.attach(await request('vm-a'))).mac).toMatch(/:/);
  });

  it('what a killed process had attached is detached by another', async () => {
    const { runDir } = await request('vm-a');
    const script = `
      const { underTest } = await import(${JSON.stringify(module)});
      const { silentEmitter: emitter } = await import(${JSON.stringify(new URL('../../src/base/events.ts', import.meta.url).href)});
      const provider = await underTest.open(${JSON.stringify(folder.path)});
      await provider.attach({ vmId: 'vm-a', runDir: ${JSON.stringify(runDir)}, hostname: 'a', publish: [], emitter });
      console.log('attached');
      setInterval(() => {}, 1000);`;
    const worker = await startProcess(process.execPath, {
      args: ['--input-type=module', '-e', script],
      stdout: { each: (chunk) => void (chunk.includes('attached') && worker.kill('SIGKILL')) },
      timeoutMs: 60_000,
    });
    const { stderr, signal } = await worker.result;
    expect([signal, stderr.toString()]).toEqual(['SIGKILL', '']);
    expect(await leftovers(folder.path)).not.toEqual([]);
    await provider.detach('vm-a');
    await expect.poll(async () => await leftovers(folder.path)).toEqual([]);
  });

  it.each([0, 100, 400])('an attach that is aborted after %i ms leaves nothing', async (ms) => {
    const controller = new AbortController();
    const attaching = provider.attach(await request('vm-a', { signal: controller.signal }));
    setTimeout(() => controller.abort(), ms);
    const ended = await attaching.then(
      () => 'attached',
      (error: unknown) => error,
    );
    if (ended === 'attached') await provider.detach('vm-a');
    else expect(ended).toMatchObject({ code: 'ABORTED' });
    expect(await leftovers(folder.path)).toEqual([]);
  });

  it.each(['', '../x', 'a/b', 'a b', 'x'.repeat(61)])('refuses %j as an id', async (vmId) => {
    const { runDir } = await request('vm-a');
    await expect(provider.attach({ ...(await request('vm-a')), vmId, runDir })).rejects.toMatchObject({
      code: 'NETWORK_FAILED',
    });
    expect(await leftovers(folder.path)).toEqual([]);
  });
}
