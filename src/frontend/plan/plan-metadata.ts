import { didYouMean } from '../../base/nearest.ts';
import type { Healthcheck } from '../../formats/oci/image.ts';
import { expandPorts } from '../instructions/expand-ports.ts';
import type {
  ArgInstruction,
  CommandInstruction,
  ExposeInstruction,
  HealthcheckInstruction,
  MaintainerInstruction,
  NameValueInstruction,
  ShellInstruction,
  StopsignalInstruction,
  UserInstruction,
  VolumeInstruction,
} from '../instructions/instruction.ts';
import { listPorts } from '../instructions/ports.ts';
import { goQuoteList } from '../text/go-quote.ts';
import { expandWord } from '../words/expand.ts';
import { formatGoDuration } from './go-duration.ts';
import { addHistory } from './history.ts';
import { type PlannerContext, planFault } from './planner-context.ts';
import { withShell } from './shell-form.ts';
import { isSignal, signalNames } from './signals.ts';
import type { StageState } from './stage-state.ts';

/** Variables that are told to the build itself and never become environment. */
const argsWithoutEnv: ReadonlySet<string> = new Set(['BUILDKIT_SBOM_SCAN_CONTEXT', 'BUILDKIT_SBOM_SCAN_STAGE']);

export function planEnv(context: PlannerContext, stage: StageState, { pairs }: NameValueInstruction): void {
  const { config } = stage.image;
  for (const { name, value } of pairs) {
    stage.env.set(name, value);
    config.env.set(name, value);
  }
  addHistory(context, stage, ['ENV', ...pairs.map(({ name, value }) => `${name}=${value}`)].join(' '), 'none');
}

export function planLabel(context: PlannerContext, stage: StageState, { pairs }: NameValueInstruction): void {
  for (const { name, value } of pairs) stage.image.config.labels.set(name, value);
  addHistory(context, stage, ['LABEL', ...pairs.map(({ name, value }) => `${name}=${value}`)].join(' '), 'none');
}

export function planArg(context: PlannerContext, stage: StageState, { args }: ArgInstruction): void {
  const { request, globalArgs, expansion } = context;
  const shown: string[] = [];
  for (const arg of args) {
    let value = request.buildArgs.get(arg.name);
    if (value === undefined) {
      value = arg.value === undefined ? globalArgs.get(arg.name) : expandWord(arg.value, stage.env, expansion).text;
    }
    if (value !== undefined && !argsWithoutEnv.has(arg.name)) stage.env.set(arg.name, value);
    stage.args.set(arg.name, value);
    shown.push(value === undefined ? arg.name : `${arg.name}=${value}`);
  }
  addHistory(context, stage, `ARG ${shown.join(' ')}`, 'none');
}

export function planCommand(context: PlannerContext, stage: StageState, { kind, command }: CommandInstruction): void {
  const words = command.isShellForm ? withShell(stage, command.words) : [...command.words];
  const { config } = stage.image;
  if (kind === 'cmd') {
    config.cmd = words;
    config.argsEscaped = true;
    stage.cmdSet = true;
  } else {
    config.entrypoint = words;
    // The CMD of the base is for the base's ENTRYPOINT.
    if (!stage.cmdSet) config.cmd = undefined;
  }
  addHistory(context, stage, `${kind.toUpperCase()} ${goQuoteList(words)}`, 'none');
}

export function planHealthcheck(
  context: PlannerContext,
  stage: StageState,
  { healthcheck }: HealthcheckInstruction,
): void {
  stage.image.config.healthcheck = healthcheck;
  addHistory(context, stage, `HEALTHCHECK ${showHealthcheck(healthcheck)}`, 'none');
}

export function planExpose(context: PlannerContext, stage: StageState, instruction: ExposeInstruction): void {
  const specs = expandPorts(instruction, stage.env, context.expansion).map(({ spec }) => spec);
  context.ports.take(specs.reduce((sum, { first, last }) => sum + last - first + 1, 0));
  const ports = listPorts(specs);
  for (const port of ports) stage.image.config.exposedPorts.add(port);
  addHistory(context, stage, `EXPOSE [${ports.join(' ')}]`, 'none');
}

export function planUser(context: PlannerContext, stage: StageState, { user }: UserInstruction): void {
  stage.image.config.user = user;
  addHistory(context, stage, `USER ${user}`, 'none');
}

export function planVolume(context: PlannerContext, stage: StageState, { paths, node }: VolumeInstruction): void {
  for (const [at, path] of paths.entries()) {
    if (path === '') throw planFault('VOLUME names an empty path', { about: node.args[at] && [node.args[at].value] });
    stage.image.config.volumes.add(path);
  }
  addHistory(context, stage, `VOLUME [${paths.join(' ')}]`, 'none');
}

export function planStopsignal(
  context: PlannerContext,
  stage: StageState,
  { signal, node }: StopsignalInstruction,
): void {
  if (!isSignal(signal)) {
    throw planFault(`STOPSIGNAL ${signal} is no signal`, {
      hint: didYouMean(signal, signalNames, { ignoreCase: true }) ?? 'Name a signal such as SIGTERM, QUIT or 15.',
      about: node.args.map(({ value }) => value),
    });
  }
  stage.image.config.stopSignal = signal;
  addHistory(context, stage, `STOPSIGNAL ${signal}`, 'none');
}

export function planShell(context: PlannerContext, stage: StageState, { shell }: ShellInstruction): void {
  stage.image.config.shell = shell;
  addHistory(context, stage, `SHELL [${shell.join(' ')}]`, 'none');
}

export function planMaintainer(
  context: PlannerContext,
  stage: StageState,
  { maintainer }: MaintainerInstruction,
): void {
  stage.image.author = maintainer;
  addHistory(context, stage, `MAINTAINER ${maintainer}`, 'none');
}

/** In the notation of Go's `%+v`, which is what histories have. */
function showHealthcheck(check: Healthcheck): string {
  const duration = (nanoseconds: number | undefined) => formatGoDuration(nanoseconds ?? 0);
  return (
    `{Test:[${(check.Test ?? []).join(' ')}] Interval:${duration(check.Interval)} Timeout:${duration(check.Timeout)} ` +
    `StartPeriod:${duration(check.StartPeriod)} StartInterval:${duration(check.StartInterval)} ` +
    `Retries:${check.Retries ?? 0}}`
  );
}
