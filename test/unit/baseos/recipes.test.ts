import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { findRecipe } from '../../../src/app/base-recipe.ts';
import { MemoryLayerBuilder } from '../../../src/formats/layer-index/memory-layer.ts';
import { readDockerfile } from '../../../src/frontend/instructions/read-dockerfile.ts';
import { parseDockerfile } from '../../../src/frontend/syntax/parse-dockerfile.ts';
import { openBuildBed } from '../../support/build-bed.ts';
import { check } from '../../support/check.ts';
import { useTemporaryFolder } from '../../support/temporary-folder.ts';

const recipes = readdirSync('baseos/_', { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('/Dockerfile'))
  .map((path) => `baseos/_/${path}`)
  .sort();

const read = (path: string) => readFileSync(path, 'utf8');

describe('the recipes of base OS images', () => {
  it('are there for Alpine, Debian and Ubuntu', () => {
    expect(recipes.map((path) => path.split('/').slice(1, 4).join('/'))).toEqual([
      '_/alpine/3.20',
      '_/alpine/3.21',
      '_/alpine/3.22',
      '_/debian/bookworm',
      '_/debian/trixie',
      '_/ubuntu/jammy',
      '_/ubuntu/noble',
    ]);
  });

  it.each(recipes)('%s starts from the image of its name, and the build checks find nothing', (path) => {
    const [, , os, version] = path.split('/');
    const { stages } = readDockerfile(parseDockerfile({ text: read(path), file: path }));
    expect(stages.map(({ base }) => base)).toEqual([`${os}:${version}`]);
    expect(read(path)).toContain(
      `firekiln base build --ssh-authorized-key ~/.ssh/id_ed25519.pub baseos/_/${os}/${version}\n`,
    );
    expect(check(read(path)).warnings).toEqual([]);
  });

  it('of one system differ in names only', () => {
    const bare = (path: string) =>
      read(path)
        .split('\n')
        .map((line) => line.replace(/(debian|ubuntu)([/:])\w+|alpine([/:])[0-9.]+|^# \w+ [0-9.]+ that/, 'NAME'))
        .join('\n');
    const of = (os: string) => recipes.filter((path) => path.includes(`/${os}/`)).map(bare);
    for (const os of ['alpine', 'debian', 'ubuntu']) expect(new Set(of(os)).size).toBe(1);
  });

  it.each(recipes)('%s leaves no key, no password and no identity in the image', (path) => {
    const text = read(path);
    expect(text).toMatch(/rm .*\/etc\/ssh\/ssh_host_\*|\/etc\/ssh\/ssh_host_\*\n/s);
    expect(text).toContain('PasswordAuthentication no');
    expect(text).not.toMatch(/chpasswd|--password|ssh-keygen -A/);
  });
});

describe('the plans of the recipes', () => {
  const folder = useTemporaryFolder();

  it.each(recipes)('%s: its steps and the files they come with', async (path) => {
    await using bed = await openBuildBed(folder.path);
    const [, , os = '', version = ''] = path.split('/');
    bed.images.set(`${os}:${version}`, [new MemoryLayerBuilder().build()]);
    const key = 'ssh-ed25519 AAAA test';
    const context = join(process.cwd(), dirname(path));
    const image = await bed.build({ context, buildArgs: new Map([['SSH_AUTHORIZED_KEYS', key]]) });
    expect(image.config.config?.Cmd).toEqual(['/sbin/init']);
    const steps = bed.executor.requests.flatMap((request) => request.steps);
    expect(steps).toHaveLength(3);
    for (const { args } of steps) {
      const [shell, flag, script = ''] = args;
      expect([shell, flag]).toEqual(['/bin/sh', '-c']);
      expect(spawnSync('/bin/sh', ['-n', '-c', script], { encoding: 'utf8' })).toMatchObject({ status: 0, stderr: '' });
    }
    expect(steps.at(-1)?.env).toContain(`SSH_AUTHORIZED_KEYS=${key}`);
    const facts = await bed.facts(image);
    const scripts = [...facts].filter(([name, { mode }]) => name.startsWith('/') && (mode & 0o111) !== 0);
    const files = scripts.map(([name]) => name).filter((name) => /\/(?:init\.d|sbin)\/./.test(name));
    expect(files.sort()).toEqual(
      os === 'alpine'
        ? ['/etc/init.d/base-network', '/etc/init.d/ssh-host-keys']
        : ['/usr/local/sbin/make-ssh-host-keys', '/usr/local/sbin/write-resolv-conf'],
    );
  });

  it.each(recipes)('%s: the scripts in it are for a plain shell', (path) => {
    for (const [, script = ''] of read(path).matchAll(/<<'script'[^\n]*\n(.*?)\nscript\n/gs)) {
      expect(spawnSync('/bin/sh', ['-n'], { input: script, encoding: 'utf8' })).toMatchObject({
        status: 0,
        stderr: '',
      });
    }
  });
});

describe('findRecipe', () => {
  it('finds recipes by folder, by Dockerfile, and those of Firekiln from anywhere', () => {
    const name = '_/debian/bookworm';
    expect(findRecipe('baseos/_/debian/bookworm', process.cwd())?.name).toBe(name);
    expect(findRecipe('baseos/_/debian/bookworm/Dockerfile', process.cwd())?.name).toBe(name);
    expect(findRecipe('_/debian/bookworm', '/')?.name).toBe(name);
    expect(findRecipe('baseos/_/debian/bookworm', '/')?.folder).toBe(`${process.cwd()}/baseos/_/debian/bookworm`);
  });

  it('leaves names of images alone, and says where no recipe is', () => {
    expect(findRecipe('debian:bookworm', process.cwd())).toBeUndefined();
    expect(findRecipe('docker.io/library/debian:12', process.cwd())).toBeUndefined();
    expect(() => findRecipe('./nowhere', '/')).toThrow(expect.objectContaining({ code: 'USAGE' }));
    expect(() => findRecipe('_/debian/sarge', '/')).toThrow(/no Dockerfile in/);
  });
});
