import { describe, expect, it } from 'vitest';
import { sha256 } from '../../../src/base/digest.ts';
import { FirekilnError, isFirekilnError } from '../../../src/base/errors/firekiln-error.ts';
import type { ImageConfigFile } from '../../../src/formats/oci/image.ts';
import { canonicalName } from '../../../src/formats/oci/reference.ts';
import { readDockerfile } from '../../../src/frontend/instructions/read-dockerfile.ts';
import { contextName } from '../../../src/frontend/plan/context-name.ts';
import type { Plan } from '../../../src/frontend/plan/plan.ts';
import { planDockerfile } from '../../../src/frontend/plan/plan-dockerfile.ts';
import { parseDockerfile } from '../../../src/frontend/syntax/parse-dockerfile.ts';
import { dumpGraph } from '../../../src/graph/dump.ts';
import { type BuildCase, readBuildCases } from '../../support/build-corpus.ts';
import { listCorpus, noCorpora, readCorpus } from '../../support/corpora.ts';
import { planRequest } from '../../support/plan-request.ts';

const baseConfig: ImageConfigFile = {
  architecture: 'amd64',
  os: 'linux',
  config: { Env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'], Cmd: ['sh'] },
  rootfs: { type: 'layers', diff_ids: [sha256('base')] },
  history: [{ created_by: 'base' }],
};
const baseNames = [
  'busybox',
  'alpine',
  'debian',
  'ubuntu',
  'mirror.gcr.io/busybox',
  'mirror.gcr.io/alpine',
  'quay.io/libpod/busybox',
  'quay.io/libpod/centos',
];

async function plan(options: {
  readonly text: string;
  readonly target?: string | undefined;
  readonly buildArgs?: Readonly<Record<string, string>>;
  readonly contexts?: readonly string[];
  readonly anyImage?: boolean;
}): Promise<Plan> {
  const dockerfile = readDockerfile(parseDockerfile({ file: 'Dockerfile', text: options.text }));
  const named = new Set((options.contexts ?? []).map(contextName));
  return await planDockerfile({
    ...planRequest,
    dockerfile,
    target: options.target,
    buildArgs: new Map(Object.entries(options.buildArgs ?? {})),
    contexts: {
      main: { type: 'folder', name: '' },
      named: (name) => (named.has(name) ? { type: 'folder', name } : undefined),
    },
    resolveImage: async (reference) => {
      const name = canonicalName(reference);
      const known = baseNames.some((base) => canonicalName(base).split(':')[0] === name.split(':')[0]);
      if (!known && options.anyImage !== true) throw new FirekilnError('BASE_NOT_FOUND', `${reference} is not here`);
      return { name, manifestDigest: sha256(name), config: baseConfig };
    },
  });
}

const planCase = (it: BuildCase) =>
  plan({
    text: it.dockerfile.toString('utf8'),
    target: it.target,
    buildArgs: it.buildArgs,
    contexts: Object.keys(it.namedContexts),
  });

const cases = readBuildCases();

/** What planning alone can't know: these fail when steps are carried out. */
const executionFailures =
  /did not complete|cache key|cannot (?:copy|replace)|too many links|mkdir|lstat|^error: failed to solve: link |header type|secret nope|pattern|lint violation/;
const failsLater = new Set(
  cases.flatMap(({ name, expected }) => (expected.fails && executionFailures.test(expected.message) ? [name] : [])),
);

describe.skipIf(noCorpora)('planning the build cases', () => {
  it.each(cases.filter(({ expected }) => !expected.fails).map((it) => [it.name, it] as const))('%s', async (_, it) => {
    if (it.expected.fails) throw new Error('not reached');
    const { image, graph } = await planCase(it);
    // Entries for layers without an instruction are added when the image is written.
    const history = it.expected.history.filter((entry) => !/exporter/.test(JSON.stringify(entry)));
    expect({ config: image.config, history: image.history }).toEqual({ config: it.expected.config, history });
    expect(dumpGraph(graph)).not.toBe('');
  });

  it.each(
    cases.filter(({ expected, name }) => expected.fails && !failsLater.has(name)).map((it) => [it.name, it] as const),
  )('%s fails on the line that BuildKit blames', async (_, it) => {
    const error: unknown = await planCase(it).then(
      () => new Error('it was planned'),
      (reason: unknown) => reason,
    );
    if (!isFirekilnError(error) || !it.expected.fails) throw error as Error;
    expect(error.source).toBeDefined();
    if (it.expected.line !== null) expect(error.source?.ranges[0]?.startLine).toBe(it.expected.line);
  });
});

describe.skipIf(noCorpora)('Dockerfiles that people build', () => {
  it.each(listCorpus('real').map((name) => [name]))('%s is planned', async (name) => {
    const text = readCorpus(`real/${name}/Dockerfile`);
    const { graph } = await plan({ text, anyImage: true });
    expect(graph.nodes.size).toBeGreaterThan(0);
  });
});
