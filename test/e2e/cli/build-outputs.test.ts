import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { layOutCase } from '../../support/build-cases/case-folder.ts';
import { factsOfFolder, factsOfTar } from '../../support/build-cases/facts-of-output.ts';
import { type ExpectedEntry, readBuildCases } from '../../support/build-corpus.ts';
import { runCli } from '../../support/cli.ts';
import { corporaFolder, noCorpora } from '../../support/corpora.ts';
import { useTemporaryFolder } from '../../support/temporary-folder.ts';
import { describeWithTools } from '../../support/tools.ts';

/** Owners, links, an image on the base and one on scratch. */
const wanted = ['copy-from-owner-with-chown', 'multi-stage-derived', 'add-parent-dangling'];
const cases = readBuildCases().filter(({ set, name }) => set === 'cases' && wanted.includes(name));

const tools = ['qemu-system-x86_64', 'passt', 'python3', 'busybox', 'apt-get', 'skopeo', 'umoci'];
const isRoot = process.getuid?.() === 0;

describeWithTools(noCorpora ? [] : tools, 'outputs of firekiln build hold what BuildKit gives', () => {
  const folder = useTemporaryFolder();

  it.skipIf(noCorpora).each(cases.map((one) => [one.name, one] as const))('%s', async (_, one) => {
    if (one.expected.fails) throw new Error('not a case that fails');
    const { expected } = one;
    const at = (name: string) => join(folder.path, name);
    execFileSync('python3', [join(corporaFolder ?? '', 'build/make-base.py'), at('base')], { stdio: 'pipe' });
    const { context, dockerfile } = await layOutCase(one, folder.path);
    const base = ['mirror.gcr.io/busybox', 'mirror.gcr.io/alpine', 'quay.io/libpod/busybox', 'busybox', 'alpine'];
    const contexts = base.flatMap((name) => ['--build-context', `${name}=oci-layout://${at('base')}`]);
    const outputs = ['-o', `type=tar,dest=${at('out.tar')}`, '-o', `type=oci,dest=${at('out')}`];
    const args = ['build', '--no-cache', '-t', 'cases:1', '-f', dockerfile, ...contexts, ...outputs, context];
    const result = await runCli(args);
    expect(result.status, result.stderr).toBe(0);

    const whole: Record<string, ExpectedEntry> = expected.base ? { ...factsOfTar(at('base/base.tar')) } : {};
    for (const path of expected.removed) delete whole[path];
    for (const [path, { mtime: _mtime, ...entry }] of Object.entries(expected.entries)) whole[path] = entry;
    expect(factsOfTar(at('out.tar'))).toEqual(whole);

    const layout = `${at('out')}:1`;
    execFileSync('umoci', ['unpack', ...(isRoot ? [] : ['--rootless']), '--image', layout, at('bundle')]);
    expect(owned(factsOfFolder(at('bundle/rootfs')))).toEqual(owned(whole));

    const json = execFileSync('skopeo', ['inspect', '--config', '--raw', `oci:${layout}`], { encoding: 'utf8' });
    const { config, history } = JSON.parse(json) as { config: unknown; history: readonly { created?: string }[] };
    expect(config).toEqual(expected.config);
    expect(history.map(({ created: _created, ...entry }) => entry)).toEqual(expected.history);
  });
});

/** Without owners where only root can give files away. */
function owned(facts: Readonly<Record<string, ExpectedEntry>>): Readonly<Record<string, ExpectedEntry>> {
  if (isRoot) return facts;
  return Object.fromEntries(Object.entries(facts).map(([path, { uid: _uid, gid: _gid, ...rest }]) => [path, rest]));
}
