/**
 * Makes test/fixtures/run-layers: the old tree as an ext4 image, and for each RUN case the layer that BuildKit writes.
 *
 *   node test/support/run-layers/make-goldens.ts [CASE...]
 *
 * Needs root, mke2fs, zstd, GNU tar, setfattr, a static busybox, python3, and buildkitd, buildctl and runc on PATH
 * (made with v0.34.2). buildkitd must come up with the overlayfs snapshotter.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runProcess, startProcess } from '../../../src/base/process.ts';
import { type RunCase, runCases } from './cases.ts';
import type { LayerFact } from './layer-facts.ts';

const here = import.meta.dirname;
const fixtures = join(here, '../../fixtures/run-layers');
const asked = process.argv.slice(2);
const work = mkdtempSync(join(tmpdir(), 'firekiln-goldens-'));
const at = (name: string) => join(work, name);
const run = (command: string, ...args: string[]) =>
  runProcess(command, { args, timeoutMs: 300_000, maxOutputBytes: 1 << 26 });

try {
  mkdirSync(fixtures, { recursive: true });
  for (const tree of ['old', 'tools']) {
    mkdirSync(at(tree));
    await run(join(here, `make-${tree}-tree.sh`), at(tree));
    const format = ['--xattrs', '--xattrs-include=*', '--format=pax', '--sort=name', '--numeric-owner'];
    await run('tar', '-C', at(tree), ...format, '-cf', at(`${tree}.tar`), '.');
  }
  const made = await run('python3', join(here, 'make-oci-layout.py'), at('oci'), at('tools.tar'), at('old.tar'));
  if (asked.length === 0) await makeOldImage();
  await makeGoldens(made.stdout.toString().trim());
} finally {
  rmSync(work, { recursive: true, force: true });
}

async function makeOldImage(): Promise<void> {
  await run(
    'mke2fs',
    '-q',
    '-F',
    '-t',
    'ext4',
    '-O',
    '^has_journal',
    '-N',
    '512',
    '-d',
    at('old'),
    at('old.ext4'),
    '4M',
  );
  await run('zstd', '-q', '-f', '-19', at('old.ext4'), '-o', join(fixtures, 'old.ext4.zst'));
}

/** `base` is the digest of the image in the layout. */
async function makeGoldens(base: string): Promise<void> {
  const path = join(fixtures, 'buildkit.json');
  const goldens: Record<string, readonly LayerFact[]> =
    asked.length === 0 ? {} : (JSON.parse(readFileSync(path, 'utf8')) as Record<string, readonly LayerFact[]>);
  const address = `unix://${at('sock')}`;
  const daemon = await startProcess('buildkitd', {
    args: ['--root', at('root'), '--addr', address, '--containerd-worker=false', '--oci-worker-net=host'],
    stderr: 'ignore',
  });
  try {
    await waitFor(address);
    for (const one of runCases) {
      if (asked.length > 0 && !asked.includes(one.name)) continue;
      goldens[one.name] = await layerOf(one, address, base);
      process.stdout.write(`${one.name}: ${goldens[one.name]?.length} entries\n`);
    }
  } finally {
    await daemon.stop();
  }
  const lines = Object.entries(goldens).map(([name, facts]) => {
    const entries = facts.map((fact) => `    ${JSON.stringify(fact)}`).join(',\n');
    return `  ${JSON.stringify(name)}: [${entries === '' ? '' : `\n${entries}\n  `}]`;
  });
  writeFileSync(path, `{\n${lines.join(',\n')}\n}\n`);
}

async function waitFor(address: string): Promise<void> {
  for (let tries = 0; ; tries++) {
    try {
      const { stdout } = await run('buildctl', '--addr', address, 'debug', 'workers', '--verbose');
      if (!stdout.toString().includes('overlayfs')) throw new Error('buildkitd does not use the overlayfs snapshotter');
      return;
    } catch (error) {
      if (tries === 20) throw error;
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
  }
}

async function layerOf({ name, script }: RunCase, address: string, base: string): Promise<readonly LayerFact[]> {
  const folder = at(`case-${name}`);
  mkdirSync(folder);
  const command = JSON.stringify(['/bin/sh', '-ec', script]);
  writeFileSync(join(folder, 'Dockerfile'), `FROM base\nRUN ${command}\n`);
  const args = [
    ['--addr', address, 'build', '--frontend', 'dockerfile.v0', '--no-cache'],
    ['--local', `context=${folder}`, '--local', `dockerfile=${folder}`],
    ['--oci-layout', `base=${at('oci')}`, '--opt', `context:base=oci-layout://base@${base}`],
    ['--output', `type=oci,dest=${folder}/out.tar,compression=uncompressed,force-compression=true`],
  ].flat();
  await run('buildctl', ...args);
  await run('tar', '-C', folder, '-xf', join(folder, 'out.tar'));
  const blob = (digest: string) => join(folder, 'blobs', digest.replace(':', '/'));
  const index = JSON.parse(readFileSync(join(folder, 'index.json'), 'utf8')) as { manifests: { digest: string }[] };
  const manifest = JSON.parse(readFileSync(blob(index.manifests[0]?.digest ?? ''), 'utf8')) as Manifest;
  const layer = manifest.layers[2];
  if (layer === undefined) throw new Error(`${name}: the image has ${manifest.layers.length} layers`);
  const facts = await run('python3', join(here, 'tar-facts.py'), blob(layer.digest));
  rmSync(folder, { recursive: true });
  return JSON.parse(facts.stdout.toString()) as LayerFact[];
}

interface Manifest {
  readonly layers: readonly { readonly digest: string }[];
}
