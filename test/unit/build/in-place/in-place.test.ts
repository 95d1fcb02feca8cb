import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ByteString } from '../../../../src/base/byte-string.ts';
import type { InPlaceRequest } from '../../../../src/build/in-place/in-place-request.ts';
import { openExt4 } from '../../../../src/formats/ext4/reader/open.ts';
import { MemoryLayerBuilder } from '../../../../src/formats/layer-index/memory-layer.ts';
import { FileAccess } from '../../../../src/store/file-access.ts';
import { type BuildBed, openBuildBed } from '../../../support/build-bed.ts';
import { type FakeBaseVm, fakeBaseVm, plainInPlace } from '../../../support/fake-base-vm.ts';
import { layerOf } from '../../../support/layer-of.ts';
import { useTemporaryFolder } from '../../../support/temporary-folder.ts';

const folder = useTemporaryFolder();
let bed: BuildBed;
let vms: FakeBaseVm[];

beforeEach(async () => {
  bed = await openBuildBed(folder.path);
  bed.images.set('base', [
    new MemoryLayerBuilder().folder('etc').file('etc/passwd', 'root:x:0:0::/root:/bin/sh\n').build(),
  ]);
  bed.images.set('golang', [new MemoryLayerBuilder().file('go', 'go').build()]);
  vms = [];
});
afterEach(async () => await bed[Symbol.asyncDispose]());

function build(text: string, files: Record<string, string> = {}, inPlace: Partial<InPlaceRequest> = {}, more = {}) {
  const bootBase = async () => {
    const vm = fakeBaseVm(more);
    vms.push(vm);
    return vm;
  };
  return bed.buildText(text, files, { inPlace: { ...plainInPlace, ...inPlace }, ...more }, { bootBase });
}

/** What ran in a VM, as far as it says what it is for. */
function story(vm: FakeBaseVm | undefined): string[] {
  const marks = ['pre1', 'pre2', 'step1', 'tar "', 'cmd.env', 'installer.sh', 'post1', 'rm -rf'];
  return (vm?.ran ?? []).flatMap(({ command }) => {
    const mark = marks.find((one) => command.includes(one));
    return mark === undefined ? [] : [mark];
  });
}

describe('a stage that is built in place', () => {
  it('runs commands and steps in one VM, in order, the installer after cmd.env', async () => {
    const installer = join(folder.path, 'install');
    await writeFile(installer, '#!/bin/sh\n');
    const image = await build(
      'FROM base\nENV A=1\nRUN step1\nCOPY --chown=7:8 f /srv/\nVOLUME /data\nEXPOSE 80\nCMD ["serve"]\n',
      { f: 'hello' },
      { preBuildCommands: ['pre1', 'pre2'], postBuildCommands: ['post1'], installer },
    );
    expect(vms).toHaveLength(1);
    expect(story(vms[0])).toEqual([
      'pre1',
      'pre2',
      'step1',
      'tar "',
      'cmd.env',
      'installer.sh',
      'installer.sh',
      'post1',
      'rm -rf',
    ]);
    expect(bed.executor.requests).toEqual([]);
    const tar = vms[0]?.ran.find(({ command }) => command.includes('tar "'))?.stdin ?? Buffer.alloc(0);
    const entries = [...layerOf(tar).index.entries()].map(({ path, what }) =>
      what.type === 'inode' ? `${path} ${what.inode.mode.toString(8)} ${what.inode.uid}:${what.inode.gid}` : path,
    );
    expect(entries).toEqual(['srv 755 7:8', 'srv/f 644 7:8']);
    const env = vms[0]?.ran.find(({ command }) => command.includes('cat >/etc/firebuild/cmd.env'))?.stdin.toString();
    expect(env).toContain('SERVICE_CMDS="serve"');
    // The disk is one layer, whatever the history says.
    expect(image.layers).toHaveLength(1);
    expect(image.config.history?.filter((entry) => entry.empty_layer !== true)).toHaveLength(1);
    expect(image.config.config).toMatchObject({ Cmd: ['serve'], ExposedPorts: { '80/tcp': {} } });
    expect(vms[0]?.state.isDisposed).toBe(true);
  });

  it('is one of several: others run in the appliance, and what they give is copied', async () => {
    await build('FROM golang AS build\nRUN write out text\n\nFROM base\nCOPY --from=build /out /srv/out\n');
    expect(bed.executor.runs).toEqual([['write out text']]);
    expect(vms).toHaveLength(1);
    expect(String(vms[0]?.ran.find(({ command }) => command.includes('tar "'))?.stdin)).toContain('text');
  });

  it('runs each time it is asked for, also without steps', async () => {
    await build('FROM base\n');
    await build('FROM base\n');
    expect(vms).toHaveLength(2);
  });

  it('ends with the error of a step at its line, and leaves no VM', async () => {
    await expect(build('FROM base\nRUN step1\nRUN fail 3\nRUN step1\n')).rejects.toMatchObject({
      code: 'RUN_FAILED',
      message: '"/bin/sh -c fail 3" ended with exit code 3',
      details: ['so sad'],
      source: { ranges: [{ startLine: 3 }] },
    });
    expect(story(vms[0])).toEqual(['step1']);
    expect(vms[0]?.state.isDisposed).toBe(true);
    expect(bed.told('failed')).toEqual(['in place: base']);
  });

  it('does not begin while nothing outside answers', async () => {
    const egress = { target: '192.0.2.1', timeoutMs: 1 };
    await expect(build('FROM base\nRUN step1\n', {}, { egress }, { pings: false })).rejects.toMatchObject({
      code: 'EGRESS_FAILED',
      message: expect.stringContaining('192.0.2.1'),
    });
    expect(story(vms[0])).toEqual([]);
  });

  it.each([
    ['RUN --mount=type=bind,target=/x step1', /^RUN --mount=type=bind can not/, 3],
    ['RUN --mount=type=cache,target=/x,from=golang step1', /^RUN --mount=type=cache with from/, 3],
  ])('refuses what can not be done there, before anything runs: %s', async (step, message, startLine) => {
    await expect(build(`FROM base\nRUN step1\n${step}\n`)).rejects.toMatchObject({
      code: 'IN_PLACE_UNSUPPORTED',
      message: expect.stringMatching(message),
      source: { ranges: [{ startLine }] },
    });
    expect(vms).toHaveLength(0);
  });

  it('refuses flags that its target gives no meaning', async () => {
    const scratch = 'FROM golang AS build\nRUN write out text\n\nFROM scratch\nCOPY --from=build /out /\n';
    await expect(build(scratch)).rejects.toMatchObject({
      code: 'IN_PLACE_UNSUPPORTED',
      message: expect.stringMatching(/^--machine-ssh-user has no effect/),
      source: { ranges: [{ startLine: 4, endLine: 4 }] },
    });
    expect(bed.executor.runs).toEqual([]);
    const installer = join(folder.path, 'missing');
    await expect(build('FROM base\n', {}, { installer })).rejects.toMatchObject({
      code: 'USAGE',
      message: `--service-file-installer: ${installer} is not there`,
    });
    await expect(build('FROM base\n', {}, { installer: '/dev/zero' })).rejects.toThrow(/is no file/);
    expect(vms).toHaveLength(0);
  });

  it('goes to _builds of the base store, whole', async () => {
    const root = join(folder.path, 'rootfs');
    const tags = ['tests/consul:1.9.3', 'tests/consul:latest'];
    await build('FROM base\nLABEL a=b\nEXPOSE 80\n', {}, {}, { baseStore: root, tags });
    const place = join(root, '_builds/tests/consul/1.9.3');
    const metadata: unknown = JSON.parse(await readFile(join(place, 'metadata.json'), 'utf8'));
    expect(metadata).toMatchObject({
      labels: { a: 'b' },
      ports: ['80/tcp'],
      'created-at-utc': expect.any(Number),
      config: { Labels: { a: 'b' } },
      tags: tags.map((tag) => `docker.io/${tag}`),
    });
    using disk = new FileAccess(join(root, '_builds/tests/consul/latest/rootfs'));
    expect(openExt4(disk).lookup('etc/passwd' as ByteString)).toBeGreaterThan(0);
  });
});
