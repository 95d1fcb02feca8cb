import { maxConfigBytes } from '../../formats/oci/limits.ts';
import { GraphBuilder } from '../../graph/graph-builder.ts';
import { inheritanceBudget } from '../instructions/inheritance-budget.ts';
import { blaming, placed } from '../instructions/place.ts';
import { triggerBudget } from '../instructions/trigger-budget.ts';
import { fault } from '../syntax/fault.ts';
import { expandWord } from '../words/expand.ts';
import { createExpansionBudget } from '../words/expansion-budget.ts';
import { variablesFrom } from '../words/variables.ts';
import { inherit, resolveBases } from './bases.ts';
import { excludeBudget, portBudget } from './budgets.ts';
import { dispatch } from './dispatch.ts';
import { configTooLarge } from './history.ts';
import { joinPath } from './image-path.ts';
import type { Plan, PlanRequest } from './plan.ts';
import type { PlannerContext } from './planner-context.ts';
import { predefinedArgs, proxyEnv } from './platform-args.ts';
import { defaultPath, finishConfig, type StageState } from './stage-state.ts';
import { Stages } from './stages.ts';

/**
 * Makes the build graph of a Dockerfile and the config of the image that comes of it: stages, arguments, triggers,
 * contexts. Everything that can be known without executing is checked here; errors blame the lines that BuildKit blames.
 */
export async function planDockerfile(request: PlanRequest): Promise<Plan> {
  const { dockerfile } = request;
  const [lastStage] = dockerfile.stages.slice(-1);
  if (lastStage === undefined) {
    const { source } = dockerfile.tree;
    const line = source.text.split('\n').length;
    throw fault('DOCKERFILE_PLAN', 'the Dockerfile has no FROM', source, { startLine: line, endLine: line });
  }
  const context = createContext(request, request.target ?? lastStage.name ?? '');
  const stages = new Stages(context);
  const target = stages.target();
  stages.link();
  const reachable = await resolveBases(context, stages, target);
  for (const image of stages.images()) {
    if (reachable.has(image)) image.isDispatched = true;
  }
  for (const stage of stages.all) {
    if (!reachable.has(stage)) continue;
    stage.isDispatched = true;
    if (stage.base !== undefined) inherit(context, stage, stage.base);
    prepare(stage);
    for (const planned of stage.instructions) dispatch(context, stage, planned);
  }
  return finish(context, target);
}

function createContext(request: PlanRequest, target: string): PlannerContext {
  const { dockerfile, buildArgs, platform, buildPlatform } = request;
  const expansion = { escape: dockerfile.tree.escape, budget: createExpansionBudget() };
  const globalArgs = predefinedArgs({ buildPlatform, platform, target, buildArgs });
  const { source } = dockerfile.tree;
  for (const instruction of dockerfile.metaArgs) {
    for (const { name, value } of instruction.args) {
      const given = buildArgs.get(name);
      const result =
        given ??
        (value === undefined
          ? undefined
          : blaming(source, instruction, () => expandWord(value, variablesFrom(globalArgs), expansion).text));
      if (result !== undefined) globalArgs.set(name, result);
    }
  }
  return {
    request,
    source,
    graph: new GraphBuilder(),
    globalArgs,
    expansion,
    proxyEnv: proxyEnv(buildArgs),
    inheritance: inheritanceBudget(),
    ports: portBudget(),
    excludes: excludeBudget(),
    triggers: triggerBudget(),
  };
}

/** What the image of the base means for the steps of the stage. */
function prepare(stage: StageState): void {
  const { config } = stage.image;
  if (!config.env.has('PATH')) config.env.set('PATH', defaultPath);
  for (const entry of config.env.entries) {
    const at = entry.indexOf('=');
    stage.env.set(at === -1 ? entry : entry.slice(0, at), at === -1 ? '' : entry.slice(at + 1));
  }
  const { workingDir } = config;
  if (workingDir === '') return;
  // As BuildKit does, which takes it for a WORKDIR in that folder.
  if (!workingDir.startsWith('/')) config.workingDir = joinPath(workingDir, workingDir);
  stage.cwd = joinPath('/', config.workingDir);
}

function finish(context: PlannerContext, target: StageState): Plan {
  const { request, graph } = context;
  const {
    image,
    node,
    place: { range },
  } = target;
  if (node === undefined) throw new Error('the target was not planned');
  for (const [name, value] of request.labels) image.config.labels.set(name, value);
  const platform = request.platformIsExplicit ? { ...image.platform, ...request.platform } : image.platform;
  const planned = {
    platform,
    author: image.author,
    config: finishConfig(image.config),
    history: image.history,
  };
  // What the build adds, such as digests of layers, is little and has a ceiling of its own.
  if (Buffer.byteLength(JSON.stringify(planned)) > maxConfigBytes) {
    throw placed(context.source, target.place, configTooLarge());
  }
  return {
    tree: request.dockerfile.tree,
    graph: graph.finish(node),
    from: { startLine: range.startLine, endLine: range.endLine },
    image: planned,
  };
}
