import { sha256 } from '../../../src/base/digest.ts';
import { isFirekilnError } from '../../../src/base/errors/firekiln-error.ts';
import { planDockerfile, readDockerfile } from '../../../src/frontend/frontend.ts';
import type { Dockerfile } from '../../../src/frontend/instructions/dockerfile.ts';
import { maxLineBytes } from '../../../src/frontend/limits.ts';
import type { Plan } from '../../../src/frontend/plan/plan.ts';
import { dumpTree } from '../../../src/frontend/syntax/dump-tree.ts';
import { parseDockerfile } from '../../../src/frontend/syntax/parse-dockerfile.ts';
import type { DockerfileTree, InstructionNode } from '../../../src/frontend/syntax/tree.ts';
import { check, plainBase } from '../../support/check.ts';
import { planRequest } from '../../support/plan-request.ts';
import { dockerfileFragments, dockerfileSeeds } from '../dockerfile-texts.ts';
import { textCorpus } from '../fragments.ts';
import { expectSame, resultOrRefusal } from '../refusal.ts';
import { expectPlace, isWithin } from '../source-place.ts';
import type { FuzzTarget } from '../target.ts';

const file = 'Dockerfile';

/** All that is done with a Dockerfile before anything runs; whatever refuses it says where. */
export const dockerfileTarget: FuzzTarget = {
  what: 'Dockerfiles: parsed, checked, planned',
  maxSeconds: 10,
  corpus: async () => textCorpus(dockerfileSeeds, dockerfileFragments),
  async run(data) {
    const text = data.toString();
    const parsed = resultOrRefusal(() => parseDockerfile({ file, text }));
    if ('refusal' in parsed) {
      expectPlace(parsed.refusal, file);
      throw parsed.refusal;
    }
    const tree = parsed.value;
    checkTree(tree);
    checkAgain(tree);
    checkChecks(tree);
    const read = resultOrRefusal(() => readDockerfile(tree));
    if ('refusal' in read) expectPlace(read.refusal, file);
    else await checkPlan(read.value);
  },
};

/** Instructions, and all that has a place, lie within the file, one instruction behind the other. */
function checkTree(tree: DockerfileTree): void {
  const lines = tree.source.text.split('\n');
  let last = 0;
  for (const node of tree.instructions) {
    if (node.range.startLine <= last) throw new Error(`${dumpTree(tree)} has an instruction within another`);
    last = node.range.endLine;
    for (const range of rangesOf(node)) {
      if (!isWithin(range, lines)) throw new Error(`${node.original} has ${JSON.stringify(range)}`);
    }
  }
  for (const { range } of tree.directives) {
    if (!isWithin(range, lines)) throw new Error(`a directive has ${JSON.stringify(range)}`);
  }
}

function rangesOf(node: InstructionNode): InstructionNode['range'][] {
  const { keyword, flags, args, heredocs, trigger } = node;
  const own = [keyword, ...flags, ...args, ...heredocs].map(({ range }) => range);
  return [node.range, ...own, ...(trigger === undefined ? [] : rangesOf(trigger))];
}

/** An instruction joined to one line, and a file with the line ends of Windows, mean the same. */
function checkAgain(tree: DockerfileTree): void {
  const { text } = tree.source;
  if (tree.instructions.some(({ heredocs }) => heredocs.length > 0)) return;
  if (!text.split('\n').some((line) => line.length * 3 >= maxLineBytes)) {
    expectSame(
      'with carriage returns',
      dumpTree(parseDockerfile({ file, text: text.replaceAll('\n', '\r\n') })),
      dumpTree(tree),
    );
  }
  for (const node of tree.instructions) {
    const line = node.original;
    if (line.trimEnd().endsWith(tree.escape) || line.length * 3 >= maxLineBytes) continue;
    const again = parseDockerfile({ file, text: `# escape=${tree.escape}\n${line}\n` });
    expectSame('as one line', dumpTree(again), dumpTree({ ...tree, instructions: [node] }));
  }
}

function checkChecks(tree: DockerfileTree): void {
  const result = resultOrRefusal(() => check(tree.source.text, { tree }));
  const lines = tree.source.text.split('\n');
  const error = 'refusal' in result ? result.refusal : result.value.error;
  if (error !== undefined) expectPlace(error, file);
  for (const warning of 'refusal' in result ? [] : result.value.warnings) {
    if (!isWithin(warning.range, lines)) throw new Error(`${warning.rule} has ${JSON.stringify(warning.range)}`);
  }
}

async function checkPlan(dockerfile: Dockerfile): Promise<void> {
  let plan: Plan;
  try {
    plan = await planOf(dockerfile);
  } catch (error) {
    if (isFirekilnError(error)) expectPlace(error, file);
    throw error;
  }
  const { graph, from, image } = plan;
  const lines = dockerfile.tree.source.text.split('\n');
  if (!graph.nodes.has(graph.target)) throw new Error('a graph without its target');
  if (!isWithin(from, lines)) throw new Error(`the target is ${JSON.stringify(from)}`);
  const again = await planOf(dockerfile);
  expectSame('planned again', [graph.target, image], [again.graph.target, again.image]);
  const { error } = check(dockerfile.tree.source.text, { tree: dockerfile.tree, dockerfile, allStages: false });
  if (error !== undefined && error.code !== 'CHECKS_FAILED') {
    throw new Error(`what can be planned fails the checks: ${error.message}`, { cause: error });
  }
}

async function planOf(dockerfile: Dockerfile): Promise<Plan> {
  return await planDockerfile({
    ...planRequest,
    dockerfile,
    contexts: { main: { type: 'folder', name: '' }, named: () => undefined },
    resolveImage: async (name) => ({
      name,
      manifestDigest: sha256(name),
      config: {
        os: 'linux',
        architecture: 'amd64',
        config: { Env: [...plainBase.env] },
        rootfs: { type: 'layers', diff_ids: [] },
      },
    }),
  });
}
