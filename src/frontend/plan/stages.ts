import { aboutWords } from '../../base/errors/firekiln-error.ts';
import { didYouMean } from '../../base/nearest.ts';
import type { Platform } from '../../formats/oci/image.ts';
import { parsePlatform } from '../../formats/oci/platform.ts';
import type { Stage } from '../instructions/dockerfile.ts';
import type { Instruction } from '../instructions/instruction.ts';
import { blaming, type Place, placed } from '../instructions/place.ts';
import { toLower } from '../text/letter-case.ts';
import { expandWord } from '../words/expand.ts';
import { noVariables, variablesFrom } from '../words/variables.ts';
import { contextName } from './context-name.ts';
import { EnvEntries } from './env-entries.ts';
import { placeOfSource } from './place-of-source.ts';
import { type PlannerContext, planFault } from './planner-context.ts';
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
  }

  /** Finds the stages that instructions take files from. Throws DOCKERFILE_PLAN. */
  link(): void {
    for (const state of this.all) this.#linkStage(state);
    const [only] = this.all;
    if (only !== undefined && this.#counted.length === 1) only.label = '';
  }

  /** The stage to build. Throws DOCKERFILE_PLAN if there is none of that name. */
  target(): StageState {
    const { source, request } = this.#context;
    const { target } = request;
    const last = this.all.at(-1);
    if (last === undefined) throw new Error('a Dockerfile without stages');
    if (target === undefined) return last;
    const found = this.#byName.get(toLower(target));
    if (found !== undefined) return found;
    // BuildKit blames no line; the one shown is where a stage of that name could have stood last.
    const error = planFault(`there is no stage ${JSON.stringify(target)} to build`, {
      hint: didYouMean(target, this.names(), { ignoreCase: true }) ?? this.#listNames(),
    });
    throw placed(source, last.place, error);
  }

  names(): string[] {
    return [...this.#byName.keys()];
  }

  images(): Iterable<StageState> {
    return this.#images.values();
  }

  /** Takes the triggers of the base into a stage, before its own instructions. */
  addTriggers(state: StageState, triggers: readonly Instruction[]): void {
    const added = triggers.map((instruction) => this.#planned(instruction));
    state.instructions = [...added, ...state.instructions];
    state.stepsTotal += triggers.length;
  }

  #addStage(stage: Stage): void {
    const { request, source } = this.#context;
    const { baseName, platform } = blaming(source, stage, () => this.#readFrom(stage));
    const context = stage.name === undefined ? undefined : request.contexts.named(contextName(stage.name));
    // As in BuildKit: FROM takes names of stages in lower case only, COPY --from takes them in any.
    const base = context === undefined ? this.#byName.get(baseName) : undefined;
    const state = this.#newState({
      index: this.all.length,
      label: stage.name ?? `stage-${stage.index}`,
      name: stage.name,
      place: { range: stage.range, node: stage.node, about: [stage.base] },
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

  #readFrom(stage: Stage): { readonly baseName: string; readonly platform: Platform | undefined } {
    const { globalArgs, expansion } = this.#context;
    const expand = (text: string) => expandWord(text, variablesFrom(globalArgs), expansion).text;
    const baseName = expand(stage.base);
    if (baseName === '') {
      throw planFault(`FROM ${stage.base} names no base: it expands to nothing`, {
        hint: 'Give the ARG before FROM a default, or pass --build-arg.',
      });
    }
    const written = stage.platform;
    if (written === undefined) return { baseName, platform: undefined };
    return aboutWords(['--platform', written], () => {
      const platform = expand(written);
      if (platform === '') throw planFault(`--platform=${written} names no platform: it expands to nothing`);
      return { baseName, platform: parsePlatform(platform) };
    });
  }

  #linkStage(state: StageState): void {
    const stage = this.#context.request.dockerfile.stages[state.index];
    if (stage === undefined) return;
    const instructions = stage.instructions.map((instruction) => this.#planned(instruction));
    if (state.context === undefined) state.instructions = instructions;
  }

  #planned(instruction: Instruction): PlannedInstruction {
    const sources = blaming(this.#context.source, instruction, () => this.#sourcesOf(instruction));
    for (const [at, source] of sources.entries()) {
      // A mount that names nothing counts as one of nothing.
      const counted = source ?? this.#stageOrImage('scratch', placeOfSource(instruction, at));
      if (counted.isImplicit) this.#counted.push(counted);
    }
    return { instruction, sources };
  }

  #sourcesOf(instruction: Instruction): readonly (StageState | undefined)[] {
    if (instruction.kind === 'copy' && instruction.from !== undefined) {
      const { from } = instruction;
      return [aboutWords(['--from', from], () => this.#sourceOfCopy(from, placeOfSource(instruction, 0)))];
    }
    if (instruction.kind !== 'run') return [];
    return instruction.mountFlags.map(({ from }, at) =>
      from === undefined || from === '' ? undefined : this.#stageOrImage(from, placeOfSource(instruction, at)),
    );
  }

  #sourceOfCopy(from: string, place: Place): StageState {
    if (expandWord(from, noVariables, this.#context.expansion).text !== from) {
      throw planFault(`--from=${from} has a variable, and --from can't have any`, {
        hint: 'Put ARG NAME before the first FROM, add a stage `FROM $NAME AS name`, and copy from that stage.',
      });
    }
    if (!/^[+-]?\d+$/.test(from)) return this.#stageOrImage(from, place);
    const found = this.#counted[Number(from)];
    if (found !== undefined) return found;
    throw planFault(`--from=${from} is no stage: there are ${this.all.length}, counted from 0`, {
      hint: this.#listNames(),
    });
  }

  #stageOrImage(from: string, place: Place): StageState {
    const stage = this.#byName.get(toLower(from));
    if (stage !== undefined) return stage;
    const known = this.#images.get(from);
    if (known !== undefined) return known;
    const image = this.#newState({
      index: -1,
      label: '',
      name: undefined,
      place,
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
      'index' | 'label' | 'name' | 'place' | 'baseName' | 'base' | 'platformText' | 'context' | 'isImplicit' | 'text'
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
