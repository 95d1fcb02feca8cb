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
import { EnvEntries } from './env-entries.ts';
import { type PlannerContext, placed, planFault } from './planner-context.ts';
import { emptyImage, type PlannedInstruction, type StageState } from './stage-state.ts';

/** The stages of a Dockerfile and the images that its COPYs and mounts name, by name and number. */
export class Stages {
  readonly all: StageState[] = [];
  readonly #context: PlannerContext;
  readonly #byName = new Map<string, StageState>();
  /** Images that are no stage, by reference: each is resolved once. */
  readonly #images = new Map<string, StageState>();
  /** What `COPY --from=N` counts: as in BuildKit the stages, then whatever COPYs and mounts name that is no stage. */
  readonly #counted: StageState[] = [];

  constructor(context: PlannerContext) {
    this.#context = context;
    for (const stage of context.request.dockerfile.stages) this.#addStage(stage);
    this.#counted.push(...this.all);
    for (const state of this.all) this.#link(state);
    const [only] = this.all;
    if (only !== undefined && this.#counted.length === 1) only.label = '';
  }

  /** The stage to build. Throws DOCKERFILE_PLAN if there is none of that name. */
  target(): StageState {
    const { target, dockerfile } = this.#context.request;
    const last = this.all.at(-1);
    if (last === undefined) throw planFault(this.#context.request, wholeFile(dockerfile), 'there is no stage to build');
    if (target === undefined) return last;
    const found = this.#byName.get(toLower(target));
    if (found !== undefined) return found;
    // BuildKit blames no line; the one shown is where a stage of that name could have stood last.
    throw planFault(this.#context.request, last.range, `there is no stage ${JSON.stringify(target)} to build`, {
      hint: didYouMean(target, this.names(), { ignoreCase: true }) ?? this.#listNames(),
    });
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
    if (stage === undefined) return;
    const instructions = stage.instructions.map((instruction) => this.#planned(instruction, false));
    if (state.context === undefined) state.instructions = instructions;
  }

  #planned(instruction: Instruction, isTrigger: boolean): PlannedInstruction {
    const planned = this.#withSources(instruction, isTrigger);
    for (const source of planned.sources) {
      // A mount that names nothing counts as one of nothing.
      const counted = source ?? this.#stageOrImage('scratch', instruction.range);
      if (counted.isImplicit) this.#counted.push(counted);
    }
    return planned;
  }

  #withSources(instruction: Instruction, isTrigger: boolean): PlannedInstruction {
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
    const found = this.#counted[Number(from)];
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
      env: new EnvEntries(),
      args: new Map(),
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

function countSteps(stage: Stage, hasBaseStep: boolean): number {
  const steps = stage.instructions.filter(({ kind }) => ['add', 'copy', 'run', 'workdir'].includes(kind));
  return steps.length + (hasBaseStep ? 1 : 0);
}

function wholeFile(dockerfile: { readonly tree: { readonly source: { readonly text: string } } }): SourceRange {
  const lines = dockerfile.tree.source.text.split('\n').length;
  return { startLine: lines, endLine: lines };
}
