import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { silentEmitter } from '../../src/base/events.ts';
import { runProcess } from '../../src/base/process.ts';
import type { MachineSpec } from '../../src/vm/driver.ts';
import { createFirecrackerDriver } from '../../src/vm/firecracker/firecracker-driver.ts';
import { checkVersions } from '../../src/vm/firecracker/program-version.ts';
import { type BedKernel, bedKernel } from '../support/bed-kernel.ts';
import { consoleMatch, type TestShell } from '../support/driver-conformance.ts';
import { makeTestGuest, type TestGuestImage } from '../support/test-guest/test-guest.ts';
import { findTool } from '../support/tools.ts';

const taps = ['fko0', 'fko1'] as const;
const mac = '06:00:ac:10:00:02';
const limit = { bandwidth: { size: 100_000_000, refillMs: 100 }, operations: { size: 5000, refillMs: 50, burst: 7 } };
/** Hides BMI2 (leaf 7, EBX bit 8). */
const cpuTemplate = {
  custom: {
    cpuid_modifiers: [
      {
        leaf: '0x7',
        subleaf: '0x0',
        flags: 1,
        modifiers: [{ register: 'ebx', bitmap: `0b${'x'.repeat(23)}0${'x'.repeat(8)}` }],
      },
    ],
  },
};

let folder: string;
let kernel: BedKernel;
let guest: TestGuestImage;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fko-'));
  kernel = await bedKernel();
  guest = await makeTestGuest(kernel.modules);
  await writeFile(join(folder, 'data.img'), Buffer.alloc(1 << 20, 5));
  for (const tap of taps) {
    await runProcess('ip', { args: ['tuntap', 'add', 'dev', tap, 'mode', 'tap'] });
    await runProcess('ip', { args: ['link', 'set', tap, 'up'] });
  }
});
afterAll(async () => {
  for (const tap of taps) await runProcess('ip', { args: ['link', 'del', tap] });
  await guest[Symbol.asyncDispose]();
  await kernel[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

async function specOf(id: string, tapName: string, name: string): Promise<MachineSpec> {
  const cable = { mac, addresses: [], dhcp: false, routes: [], published: [], dns: { servers: [], search: [] } };
  return {
    id,
    kernel,
    initrds: [guest.initrd],
    kernelArgs: [],
    vcpus: 2,
    memoryMiB: 160,
    smt: true,
    drives: [{ id: 'data', path: join(folder, 'data.img'), readOnly: true, ioEngine: 'Async', rateLimit: limit }],
    network: { ...cable, kind: 'tap', tapName },
    networkRateLimits: { receive: limit, send: limit },
    entropyRateLimit: limit,
    balloon: { amountMiB: 16, deflateOnOom: true, statsIntervalS: 1 },
    metadata: { content: { name } },
    metrics: true,
    cpuTemplate,
    runDir: await mkdtemp(join(folder, 'r')),
    emitter: silentEmitter,
  };
}

async function metadataSeen(shell: TestShell): Promise<string> {
  const { stdout, stderr } = await shell.exec(`
    ip link set eth0 up; ip addr add 169.254.1.2/16 dev eth0 2>/dev/null; ip addr >&2
    for pause in 2 5 15; do
      token=$({
        printf 'PUT /latest/api/token HTTP/1.1\\r\\nX-metadata-token-ttl-seconds: 600\\r\\n\\r\\n'
        sleep $pause
      } | socat - TCP:169.254.169.254:80 | tail -n 1)
      [ -n "$token" ] && break
    done
    echo "token $token" >&2
    wget -qO- --header "X-metadata-token: $token" http://169.254.169.254/name`);
  if (stdout.length === 0) throw new Error(`the guest got no metadata: ${String(stderr)}`);
  return String(stdout);
}

it('a guest has all that was asked for, before and after a snapshot', async () => {
  const driver = createFirecrackerDriver({ binary: findTool('firecracker') ?? '' });
  const snapshot = join(await mkdtemp(join(folder, 's-')), 'snapshot');
  const machine = await driver.create(await specOf('options-1', taps[0], 'first'));
  try {
    const ready = consoleMatch(machine, guest.ready, 180_000);
    await machine.start();
    await ready;
    {
      await using shell = await guest.connect(await machine.dial());
      expect(await readFile('/proc/cpuinfo', 'utf8')).toMatch(/\bbmi2\b/);
      expect(String((await shell.exec('cat /proc/cpuinfo')).stdout)).not.toMatch(/\bbmi2\b/);
      const read = await shell.exec('dd if=/dev/vda bs=1M count=1 2>/dev/null | od -An -tu1 -N1');
      expect(String(read.stdout).trim()).toBe('5');
      expect(await metadataSeen(shell)).toBe('first');
      await machine.change({ metadata: { merge: { name: 'changed', more: [1] } } });
      expect(await metadataSeen(shell)).toBe('changed');
    }
    await machine.change({
      balloon: { amountMiB: 24 },
      driveRateLimits: { data: { operations: { size: 9, refillMs: 1 } } },
    });
    await machine.change({ networkRateLimits: { send: { bandwidth: { size: 99_999, refillMs: 7 } } } });
    await expect(machine.change({ driveRateLimits: { none: limit } })).rejects.toMatchObject({
      code: 'VM_SPEC_INVALID',
    });

    const facts = await machine.inspect();
    expect(facts).toMatchObject({
      vmm: { name: 'Firecracker', version: await checkVersions(findTool('firecracker') ?? '', undefined) },
      metadata: { name: 'changed', more: [1] },
      balloon: { target_mib: 24 },
      configuration: {
        'machine-config': { vcpu_count: 2, mem_size_mib: 160, smt: true },
        drives: [{ drive_id: 'data', io_engine: 'Async', rate_limiter: { ops: { size: 9, refill_time: 1 } } }],
        'network-interfaces': [
          { iface_id: 'net', guest_mac: mac, tx_rate_limiter: { bandwidth: { size: 99_999, refill_time: 7 } } },
        ],
        entropy: { rate_limiter: { ops: { size: 5000, one_time_burst: 7, refill_time: 50 } } },
        'mmds-config': { version: 'V2' },
      },
    });
    expect(facts.balloon?.actual_mib).toBeGreaterThan(0);
    expect(facts.metrics?.at(-1)).toMatchObject({ block_data: { read_bytes: expect.any(Number) } });
    const counted = facts.metrics?.map((record) => (record.block_data as { read_bytes: number }).read_bytes) ?? [];
    expect(counted.reduce((a, b) => a + b)).toBeGreaterThanOrEqual(1 << 20);
    await machine.snapshot({ folder: snapshot, holdsSecrets: false });
  } finally {
    await machine.destroy();
  }

  const again = await driver.create({
    ...(await specOf('options-2', taps[1], 'second')),
    restore: { folder: snapshot },
  });
  try {
    await again.start();
    await using shell = await guest.connect(await again.dial());
    expect(await metadataSeen(shell)).toBe('second');
    expect((await again.inspect()).metrics?.length).toBeGreaterThan(0);
    // The kernel resets by itself then (kernel/reboot.c, ctrl_alt_del()).
    await shell.exec('echo 1 >/proc/sys/kernel/ctrl-alt-del');
    // Much longer than the guest takes: only Ctrl-Alt-Del makes it say this.
    await again.stop({ graceMs: 120_000 });
    expect(again.consoleTail()).toContain('reboot: Restarting system');
  } finally {
    await again.destroy();
  }
});
