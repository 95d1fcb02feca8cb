import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { FirecrackerApi } from '../../../../src/vm/firecracker/api/firecracker-api.ts';
import { type ConfiguredSpec, firecrackerConfiguration } from '../../../../src/vm/firecracker/configuration.ts';
import { configure } from '../../../../src/vm/firecracker/configure.ts';
import { firecrackerKernelArgs } from '../../../../src/vm/firecracker/kernel-args.ts';
import { staticCpuTemplates } from '../../../../src/vm/machine-options.ts';
import { useTemporaryFolder } from '../../../support/temporary-folder.ts';

const folder = useTemporaryFolder();
let server: Server | undefined;
afterEach(async () => {
  const stopped = server;
  server = undefined;
  stopped?.closeAllConnections();
  if (stopped !== undefined) await new Promise((resolve) => stopped.close(resolve));
});

const count = fc.integer({ min: 1, max: 2 ** 40 });
const bucket = fc.record({ size: count, refillMs: count, burst: count }, { requiredKeys: ['size', 'refillMs'] });
const rateLimit = fc.record({ bandwidth: bucket, operations: bucket }, { requiredKeys: [] });
const drive = fc.record(
  {
    id: fc.stringMatching(/^[a-z0-9_]{1,10}$/),
    path: fc.constant('/host'),
    readOnly: fc.boolean(),
    durable: fc.boolean(),
    rateLimit,
    ioEngine: fc.constantFrom('Sync' as const, 'Async' as const),
  },
  { requiredKeys: ['id', 'path', 'readOnly'] },
);
const network = fc.record(
  {
    kind: fc.constant('tap' as const),
    tapName: fc.stringMatching(/^[a-z0-9]{1,15}$/),
    mac: fc.constant('02:00:00:00:00:01'),
    mtu: fc.integer({ min: 68, max: 65_535 }),
    addresses: fc.constant([]),
    dhcp: fc.constant(true),
    routes: fc.constant([]),
    published: fc.constant([]),
    dns: fc.constant({ servers: [], search: [] }),
  },
  { requiredKeys: ['kind', 'tapName', 'mac', 'addresses', 'dhcp', 'routes', 'published', 'dns'] },
);
const anySpec = fc.record(
  {
    kernelArgs: fc.array(fc.stringMatching(/^[a-z.]{1,8}(=[a-z0-9]{1,8})?$/), { maxLength: 3 }),
    vcpus: fc.integer({ min: 1, max: 32 }),
    memoryMiB: fc.integer({ min: 64, max: 1 << 20 }),
    drives: fc.uniqueArray(drive, { maxLength: 5, selector: ({ id }) => id }),
    network,
    cpuTemplate: fc.oneof(
      fc.constantFrom(...staticCpuTemplates),
      fc.record({
        custom: fc.dictionary(fc.stringMatching(/^[a-z_]{1,8}$/), fc.array(fc.integer()), { noNullPrototype: true }),
      }),
    ),
    smt: fc.boolean(),
    hugePages: fc.constant('2M' as const),
    balloon: fc.record(
      { amountMiB: fc.nat(100), deflateOnOom: fc.boolean(), statsIntervalS: fc.nat(9) },
      { requiredKeys: ['amountMiB', 'deflateOnOom'] },
    ),
    entropyRateLimit: rateLimit,
    metadata: fc.record(
      { content: fc.constant({}), address: fc.constant('169.254.1.1') },
      { requiredKeys: ['content'] },
    ),
    rootDrive: fc.record({ partuuid: fc.constant('0-1') }, { requiredKeys: [] }),
    networkRateLimits: fc.record({ receive: rateLimit, send: rateLimit }, { requiredKeys: [] }),
    trackChanges: fc.boolean(),
  },
  { requiredKeys: ['kernelArgs', 'vcpus', 'memoryMiB', 'drives'] },
) as fc.Arbitrary<ConfiguredSpec>;

const filesOf = ({ drives }: ConfiguredSpec) => ({
  kernel: 'vmlinux',
  initrd: 'initrd',
  drives: drives.map(({ id }) => `drive-${id}`),
  vsock: 'vsock.sock',
  metrics: 'metrics',
});

describe('firecrackerConfiguration', () => {
  it('has all that was asked for and nothing else', () => {
    fc.assert(
      fc.property(anySpec, (spec) => {
        const made = firecrackerConfiguration(spec, filesOf(spec));
        expect(JSON.parse(JSON.stringify(made))).toStrictEqual(made);
        expect(made['boot-source']?.boot_args).toBe([...firecrackerKernelArgs, ...spec.kernelArgs].join(' '));
        expect(made.drives?.map(({ drive_id: id, path_on_host: path }) => [id, path])).toEqual(
          spec.drives.map(({ id }) => [id, `drive-${id}`]),
        );
        for (const [index, drive] of (made.drives ?? []).entries()) {
          const asked = spec.drives[index];
          expect(drive.is_root_device).toBe(spec.rootDrive !== undefined && index === 0);
          expect(drive.partuuid).toBe(drive.is_root_device ? spec.rootDrive?.partuuid : undefined);
          expect(drive.io_engine).toBe(asked?.ioEngine);
          expect(drive.rate_limiter?.bandwidth?.one_time_burst).toBe(asked?.rateLimit?.bandwidth?.burst);
          expect(drive.cache_type).toBe(asked?.readOnly || asked?.durable === false ? 'Unsafe' : 'Writeback');
        }
        const isStatic = typeof spec.cpuTemplate === 'string';
        expect(made['machine-config']?.cpu_template).toBe(isStatic ? spec.cpuTemplate : undefined);
        expect(made['cpu-config'] !== undefined).toBe(spec.cpuTemplate !== undefined && !isStatic);
        expect('balloon' in made).toBe(spec.balloon !== undefined);
        expect('network-interfaces' in made).toBe(spec.network !== undefined);
        expect('mmds-config' in made).toBe(spec.metadata !== undefined);
      }),
    );
  });
});

describe('configure', () => {
  it.each(['1.12.1', '1.16.1'])('hands a Firecracker %s the whole configuration, each part once', async (version) => {
    const seen: [string, unknown][] = [];
    server = createServer((request, response) => {
      let body = '';
      request.on('data', (chunk: Buffer) => (body += chunk.toString()));
      request.on('end', () => {
        if (request.method === 'GET') response.end(JSON.stringify({ firecracker_version: version }));
        else {
          seen.push([request.url ?? '', JSON.parse(body)]);
          response.writeHead(204).end();
        }
      });
    });
    const path = join(folder.path, 'api');
    await new Promise<void>((resolve) => server?.listen(path, resolve));
    const api = new FirecrackerApi(path);
    const { signal } = new AbortController();
    await api.connect(signal);
    await fc.assert(
      fc.asyncProperty(anySpec, async (spec) => {
        seen.length = 0;
        const wanted = firecrackerConfiguration(spec, filesOf(spec));
        await configure(api, wanted, signal);
        const at = (url: string) => seen.find(([one]) => one === url)?.[1];
        const cards = wanted['network-interfaces']?.map(({ mtu, ...card }) =>
          version === '1.16.1' && mtu !== undefined ? { ...card, mtu } : card,
        );
        const expected = Object.entries({ ...wanted, 'network-interfaces': cards }).filter(
          ([, part]) => part !== undefined,
        );
        const got = expected.map(([name, part]) => {
          if (name === 'drives') return [name, wanted.drives?.map(({ drive_id: id }) => at(`/drives/${id}`))];
          if (name === 'network-interfaces') return [name, Array.isArray(part) && [at('/network-interfaces/net')]];
          return [name, at(name === 'mmds-config' ? '/mmds/config' : `/${name}`)];
        });
        expect(got).toEqual(expected);
        const count = expected.length - 1 + spec.drives.length;
        expect(seen).toHaveLength(count);
        expect(new Set(seen.map(([url]) => url)).size).toBe(count);
      }),
      { numRuns: 40 },
    );
    api.close();
  });
});
