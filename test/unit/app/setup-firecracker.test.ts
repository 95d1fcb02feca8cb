import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type App, openApp } from '../../../src/app/app.ts';
import { setUpFirecracker } from '../../../src/app/setup-firecracker.ts';
import { sha256 } from '../../../src/base/digest.ts';
import { rawTar } from '../../support/raw-tar.ts';
import { useTemporaryFolder } from '../../support/temporary-folder.ts';

/** Programs that say a version, as the real ones do. */
const program = (name: string, version: string) => Buffer.from(`#!/bin/sh\necho '${name} v${version}'\n`);
const release = (version: string, jailerVersion = version) =>
  gzipSync(
    rawTar([
      file(`release-v${version}-x86_64/SHA256SUMS`, Buffer.from('none')),
      file(`release-v${version}-x86_64/firecracker-v${version}-x86_64`, program('Firecracker', version)),
      file(`release-v${version}-x86_64/firecracker-v${version}-x86_64.debug`, Buffer.from('symbols')),
      file(`release-v${version}-x86_64/jailer-v${version}-x86_64`, program('Jailer', jailerVersion)),
    ]),
  );
const file = (name: string, data: Buffer) => ({ name, data, fields: { mode: '0000755' } });
const hexOf = (bytes: Buffer) => sha256(bytes).slice(7);

describe('setup firecracker', () => {
  const folder = useTemporaryFolder();
  let app: App;
  beforeEach(() => {
    app = openApp({ dataDir: join(folder.path, 'data'), progress: 'quiet' });
  });
  afterEach(async () => await app[Symbol.asyncDispose]());
  const put = async (bytes: Buffer): Promise<string> => {
    const path = join(folder.path, 'package');
    await writeFile(path, bytes);
    return path;
  };

  it('installs the programs of an archive whose digest was named, once', async () => {
    const bytes = release('1.14.2');
    const from = await put(bytes);
    const digest = hexOf(bytes);
    const first = await setUpFirecracker(app, { from, digest });
    expect(first).toMatchObject({ version: '1.14.2', unchanged: false });
    expect((await stat(join(first.folder, 'jailer'))).mode & 0o777).toBe(0o755);
    expect(await setUpFirecracker(app, { from, digest })).toMatchObject({ unchanged: true });
    expect((await readdir(first.folder)).sort()).toEqual(['firecracker', 'jailer']);
  });

  it('starts nothing of an archive that nobody vouches for', async () => {
    const trap = Buffer.from(`#!/bin/sh\ntouch ${folder.path}/started\necho 'Firecracker v1.12.1'\n`);
    const bytes = rawTar([file('firecracker', trap), file('jailer', program('Jailer', '1.12.1'))]);
    const from = await put(bytes);
    const refused = { code: 'CHECKSUM_MISMATCH' };
    await expect(setUpFirecracker(app, { from })).rejects.toMatchObject({
      ...refused,
      hint: expect.stringContaining('--sha256') as string,
    });
    await expect(setUpFirecracker(app, { from, digest: '0'.repeat(64) })).rejects.toMatchObject(refused);
    expect(await readdir(folder.path)).not.toContain('started');
  });

  it('keeps what is installed when the new programs do not fit', async () => {
    const good = release('1.12.1');
    const { folder: bin } = await setUpFirecracker(app, { from: await put(good), digest: hexOf(good) });
    const before = await readFile(join(bin, 'firecracker'));
    for (const bytes of [release('1.13.0', '1.12.1'), release('1.4.0')]) {
      await expect(setUpFirecracker(app, { from: await put(bytes), digest: hexOf(bytes) })).rejects.toMatchObject({
        code: 'VMM_UNSUPPORTED',
      });
    }
    expect(await readFile(join(bin, 'firecracker'))).toEqual(before);
    expect((await readdir(bin)).sort()).toEqual(['firecracker', 'jailer']);
  });

  it("takes a folder of the operator's own as it is, and names what is no package", async () => {
    const own = join(folder.path, 'own');
    await mkdir(own);
    await writeFile(join(own, 'firecracker'), program('Firecracker', '1.15.0'));
    await expect(setUpFirecracker(app, { from: own })).rejects.toMatchObject({
      code: 'PROGRAM_MISSING',
      message: `${own}/jailer is not there`,
    });
    await writeFile(join(own, 'jailer'), program('Jailer', '1.15.0'));
    expect(await setUpFirecracker(app, { from: own })).toMatchObject({ version: '1.15.0' });
    await expect(setUpFirecracker(app, { from: await put(Buffer.from('no archive')) })).rejects.toMatchObject({
      code: 'FIRECRACKER_UNFIT',
    });
  });

  it('says what to do where the releases can not be reached', async () => {
    await expect(setUpFirecracker(app, { from: 'http://releases.invalid/firecracker.tgz' })).rejects.toMatchObject({
      code: 'HTTP_UNREACHABLE',
      hint: expect.stringContaining('--from') as string,
    });
  });
});
