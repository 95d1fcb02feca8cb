import type { SourceRange } from '../../base/errors/source-excerpt.ts';
import { didYouMean } from '../../base/nearest.ts';
import type { Platform } from '../../formats/oci/image.ts';
import { parsePlatform } from '../../formats/oci/platform.ts';
import type { Stage } from '../instructions/dockerfile.ts';
import type { Instruction } from '../instructions/instruction.ts';
import { toLower } from '../text/letter-case.ts';
import { expandWord } from '../words/expand.ts';
import { noVariables, variablesFrom } from '../words/variables.ts';
import { contextName } from './context-name.ts';
import { type PlannerContext, placed, planFault } from './planner-context.ts';
import { emptyImage, type PlannedInstruction, type StageState } from './stage-state.ts';

/** The stages of a Dockerfile and the images that its COPYs and mounts name, by name and number. */
export class Stages {
  readonly all: StageState[] = [];
  readonly #context: PlannerContext;
  readonly #byName = new Map<string, StageState>();
  /** Images that are no stage, by reference: each is resolved once. */
  readonly #images = new Map<string, StageState>();

  constructor(context: PlannerContext) {
    this.#context = context;
    for (const stage of context.request.dockerfile.stages) this.#addStage(stage);
    for (const state of this.all) this.#link(state);
    const [only] = this.all;
    if (only !== undefined && this.all.length === 1 && this.#images.size === 0) only.label = '';
  }

  /** The stage to build. Throws DOCKERFILE_PLAN if there is none of that name. */
  target(): StageState {
    const { target, dockerfile } = this.#context.request;
    const last = this.all.at(-1);
    if (last === undefined) throw planFault(this.#context.request, wholeFile(dockerfile), 'there is no stage to build');
    if (target === undefined) return last;
    const found = this.#byName.get(toLower(target));
    if (found !== undefined) return found;
    throw planFault(
      this.#context.request,
      wholeFile(dockerfile),
      `there is no stage ${JSON.stringify(target)} to build`,
      {
        hint: didYouMean(target, this.names(), { ignoreCase: true }) ?? this.#listNames(),
      },
    );
  }

  names(): string[] {
    return [...this.#byName.keys()];
  }

  images(): Iterable<StageState> {
    return this.#images.values();
  }

  /** Takes the triggers of the base into a stage, before its own instructions. */
  addTriggers(state: StageState, triggers: readonly Instruction[]): void {
    const added = triggers.map((instruction) => this.#planned(instruction, true));
    state.instructions = [...added, ...state.instructions];
    state.stepsTotal += triggers.length;
  }

  #addStage(stage: Stage): void {
    const { request, globalArgs, expansion } = this.#context;
    const expand = (text: string) => {
      try {
        return expandWord(text, variablesFrom(globalArgs), expansion);
      } catch (error) {
        throw placed(request, stage.range, error);
      }
    };
    const baseName = expand(stage.base).text;
    if (baseName === '') {
      throw planFault(request, stage.range, `FROM ${stage.base} names no base: it expands to nothing`, {
        hint: 'Give the ARG before FROM a default, or pass --build-arg.',
      });
    }
    const platform = stage.platform === undefined ? undefined : this.#platform(stage, stage.platform, expand);
    const context = stage.name === undefined ? undefined : request.contexts.named(contextName(stage.name));
    // As in BuildKit: FROM takes names of stages in lower case only, COPY --from takes them in any.
    const base = context === undefined ? this.#byName.get(baseName) : undefined;
    const state = this.#newState({
      index: this.all.length,
      label: stage.name ?? `stage-${stage.index}`,
      name: stage.name,
      range: stage.range,
      baseName,
      base,
      platformText: platform,
      context,
      isImplicit: false,
      text: stage.text,
    });
    state.stepsTotal = countSteps(stage, base === undefined && toLower(baseName) !== 'scratch');
    state.ignoreCache =
      request.noCache === true || (request.noCache !== false && request.noCache.has(toLower(stage.name ?? '')));
    this.all.push(state);
    if (stage.name !== undefined) this.#byName.set(toLower(stage.name), state);
  }

  #platform(stage: Stage, text: string, expand: (text: string) => { readonly text: string }): Platform {
    const { request } = this.#context;
    const expanded = expand(text).text;
    if (expanded === '') {
      throw planFault(request, stage.range, `--platform=${text} names no platform: it expands to nothing`);
    }
    try {
      return parsePlatform(expanded);
    } catch (error) {
      throw placed(request, stage.range, error);
    }
  }

  /** Finds the stages that a stage's instructions take files from. */
  #link(state: StageState): void {
    const stage = this.#context.request.dockerfile.stages[state.index];
    if (stage === undefined || state.context !== undefined) return;
    state.instructions = stage.instructions.map((instruction) => this.#planned(instruction, false));
  }

  #planned(instruction: Instruction, isTrigger: boolean): PlannedInstruction {
    if (instruction.kind === 'copy' && instruction.from !== undefined) {
      return { instruction, isTrigger, sources: [this.#sourceOfCopy(instruction.from, instruction.range)] };
    }
    if (instruction.kind === 'run') {
      const sources = instruction.mountFlags.map(({ from }) =>
        from === undefined || from === '' ? undefined : this.#stageOrImage(from, instruction.range),
      );
      return { instruction, isTrigger, sources };
    }
    return { instruction, isTrigger, sources: [] };
  }

  #sourceOfCopy(from: string, range: SourceRange): StageState {
    const { request, expansion } = this.#context;
    let plain: string;
    try {
      plain = expandWord(from, noVariables, expansion).text;
    } catch (error) {
      throw placed(request, range, error);
    }
    if (plain !== from) {
      throw planFault(request, range, `--from=${from} has a variable, and --from can't have any`, {
        hint: 'Put ARG NAME before the first FROM, add a stage `FROM $NAME AS name`, and copy from that stage.',
      });
    }
    if (!/^[+-]?\d+$/.test(from)) return this.#stageOrImage(from, range);
    const found = this.all[Number(from)];
    if (found !== undefined) return found;
    throw planFault(request, range, `--from=${from} is no stage: there are ${this.all.length}, counted from 0`, {
      hint: this.#listNames(),
    });
  }

  #stageOrImage(from: string, range: SourceRange): StageState {
    const stage = this.#byName.get(toLower(from));
    if (stage !== undefined) return stage;
    const known = this.#images.get(from);
    if (known !== undefined) return known;
    const image = this.#newState({
      index: -1,
      label: '',
      name: undefined,
      range,
      baseName: from,
      base: undefined,
      platformText: undefined,
      context: undefined,
      isImplicit: true,
      text: `FROM ${from}`,
    });
    this.#images.set(from, image);
    return image;
  }

  #newState(
    known: Pick<
      StageState,
      'index' | 'label' | 'name' | 'range' | 'baseName' | 'base' | 'platformText' | 'context' | 'isImplicit' | 'text'
    >,
  ): StageState {
    return {
      ...known,
      instructions: [],
      ignoreCache: false,
      isResolved: false,
      isDispatched: false,
      triggersDone: false,
      node: undefined,
      image: emptyImage(this.#context.request.platform),
      env: new Map(),
      args: [],
      cwd: '/',
      workdirSet: false,
      cmdSet: false,
      stepCount: 0,
      stepsTotal: 0,
    };
  }

  #listNames(): string | undefined {
    const names = this.names();
    return names.length === 0 ? 'No stage has a name; give one with FROM ... AS name.' : `Stages: ${names.join(', ')}.`;
  }
}

/** Every stage and image that a stage needs, itself included. */
export function reachableFrom(target: StageState): Set<StageState> {
  const reachable = new Set<StageState>();
  const open = [target];
  for (let state = open.pop(); state !== undefined; state = open.pop()) {
    if (reachable.has(state)) continue;
    reachable.add(state);
    for (const { needed } of needsOf(state)) open.push(needed);
  }
  return reachable;
}

/** Throws DOCKERFILE_PLAN if stages need each other in a circle. */
export function refuseCircles(context: PlannerContext, all: readonly StageState[]): void {
  const finished = new Set<StageState>();
  for (const start of all) {
    const path = [{ state: start, needs: needsOf(start), next: 0 }];
    const onPath = new Set([start]);
    for (let top = path.at(-1); top !== undefined; top = path.at(-1)) {
      const need = finished.has(top.state) ? undefined : top.needs[top.next++];
      if (need === undefined) {
        finished.add(top.state);
        onPath.delete(top.state);
        path.pop();
      } else if (onPath.has(need.needed)) {
        const circle = path.slice(path.findIndex(({ state }) => state === need.needed));
        const names = [...circle.map(({ state }) => state), need.needed].map((it) => it.name ?? `stage ${it.index}`);
        const [first] = circle;
        const next = first?.needs[first.next - 1] ?? need;
        const isByBase = circle.some(({ state, needs, next: at }) => needs[at - 1]?.needed === state.base);
        // Of several instructions that need the same stage, BuildKit blames the last.
        const range = isByBase ? next.range : (first?.needs.findLast((it) => it.needed === next.needed) ?? next).range;
        throw planFault(context.request, range, `stages need each other in a circle: ${names.join(' -> ')}`);
      } else if (!finished.has(need.needed)) {
        path.push({ state: need.needed, needs: needsOf(need.needed), next: 0 });
        onPath.add(need.needed);
      }
    }
  }
}

function needsOf(state: StageState): readonly { readonly needed: StageState; readonly range: SourceRange }[] {
  const base = state.base === undefined ? [] : [{ needed: state.base, range: state.range }];
  const sources = state.instructions.flatMap(({ instruction, sources }) =>
    sources.flatMap((needed) => (needed === undefined ? [] : [{ needed, range: instruction.range }])),
  );
  return [...base, ...sources];
}

function countSteps(stage: Stage, hasBaseStep: boolean): number {
  const steps = stage.instructions.filter(({ kind }) => ['add', 'copy', 'run', 'workdir'].includes(kind));
  return steps.length + (hasBaseStep ? 1 : 0);
}

function wholeFile(dockerfile: { readonly tree: { readonly source: { readonly text: string } } }): SourceRange {
  const lines = dockerfile.tree.source.text.split('\n').length;
  return { startLine: lines, endLine: lines };
}
