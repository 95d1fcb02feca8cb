import type { ContainerConfig, Healthcheck, HistoryEntry, ImageConfigFile, Platform } from '../../formats/oci/image.ts';
import type { NodeId } from '../../graph/node.ts';
import type { Instruction } from '../instructions/instruction.ts';
import type { Place } from '../instructions/place.ts';
import { EnvEntries } from './env-entries.ts';
import type { ContextBinding } from './plan.ts';

/** `PATH` of an image that sets none, as docker has it. */
export const defaultPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** An image while its stage is being planned. */
export interface DraftImage {
  platform: Platform;
  author: string | undefined;
  config: DraftConfig;
  history: HistoryEntry[];
  /** Bytes that the history takes at least. */
  historyBytes: number;
  layers: number;
}

export interface DraftConfig {
  user: string;
  env: EnvEntries;
  entrypoint: readonly string[] | undefined;
  cmd: readonly string[] | undefined;
  argsEscaped: boolean;
  workingDir: string;
  exposedPorts: Set<string>;
  volumes: Set<string>;
  labels: Map<string, string>;
  stopSignal: string;
  healthcheck: Healthcheck | undefined;
  onBuild: string[];
  shell: readonly string[] | undefined;
}

/** An instruction of a stage, not expanded, with the stages that it takes files from. */
export interface PlannedInstruction {
  readonly instruction: Instruction;
  /** One for COPY with `--from`, one for each mount of RUN; undefined for the build context. */
  readonly sources: readonly (StageState | undefined)[];
}

/** A stage, or an image that a COPY or a mount names directly. */
export interface StageState {
  /** Position among the stages; -1 for an image that is not a stage. */
  readonly index: number;
  /** For step names; empty if there is only one stage. */
  label: string;
  readonly name: string | undefined;
  /** The FROM; for an image that is no stage, where it is named. */
  readonly place: Place;
  baseName: string;
  readonly base: StageState | undefined;
  readonly platformText: Platform | undefined;
  readonly context: ContextBinding | undefined;
  readonly isImplicit: boolean;
  readonly text: string;
  instructions: PlannedInstruction[];
  ignoreCache: boolean;

  // Known once the base is resolved.
  isResolved: boolean;
  isDispatched: boolean;
  triggersDone: boolean;
  node: NodeId | undefined;
  image: DraftImage;
  /** Environment of the steps: the image's with the values of ARG. */
  readonly env: EnvEntries;
  /** Values of ARG by name; undefined for one that has none. */
  readonly args: Map<string, string | undefined>;
  cwd: string;
  workdirSet: boolean;
  cmdSet: boolean;
  stepCount: number;
  stepsTotal: number;
}

export function emptyImage(platform: Platform): DraftImage {
  return {
    platform,
    author: undefined,
    config: { ...emptyConfig(), workingDir: '/', env: new EnvEntries([`PATH=${defaultPath}`]) },
    history: [],
    historyBytes: 0,
    layers: 0,
  };
}

export function draftOf(file: ImageConfigFile): DraftImage {
  const config: ContainerConfig = file.config ?? {};
  return {
    platform: {
      os: file.os,
      architecture: file.architecture,
      ...(file.variant === undefined ? {} : { variant: file.variant }),
      ...(file['os.version'] === undefined ? {} : { 'os.version': file['os.version'] }),
    },
    author: file.author,
    config: {
      user: config.User ?? '',
      env: new EnvEntries(config.Env ?? []),
      entrypoint: config.Entrypoint ?? undefined,
      cmd: config.Cmd ?? undefined,
      argsEscaped: config.ArgsEscaped ?? false,
      workingDir: config.WorkingDir ?? '',
      exposedPorts: new Set(Object.keys(config.ExposedPorts ?? {})),
      volumes: new Set(Object.keys(config.Volumes ?? {})),
      labels: new Map(Object.entries(config.Labels ?? {})),
      stopSignal: config.StopSignal ?? '',
      healthcheck: config.Healthcheck,
      onBuild: [...(config.OnBuild ?? [])],
      shell: config.Shell,
    },
    history: [...(file.history ?? [])],
    historyBytes: 0,
    layers: file.rootfs.diff_ids.length,
  };
}

/** How much {@link copyOfDraft} copies, in entries. */
export function sizeOfDraft({ config, history }: DraftImage): number {
  const { env, exposedPorts, volumes, labels } = config;
  return env.entries.length + exposedPorts.size + volumes.size + labels.size + history.length;
}

export function copyOfDraft(image: DraftImage): DraftImage {
  return {
    ...image,
    config: {
      ...image.config,
      env: new EnvEntries(image.config.env.entries),
      exposedPorts: new Set(image.config.exposedPorts),
      volumes: new Set(image.config.volumes),
      labels: new Map(image.config.labels),
      // Triggers act on the next image only.
      onBuild: [],
    },
    history: [...image.history],
  };
}

/** The config as the OCI image spec writes it, empty members left out. */
export function finishConfig(config: DraftConfig): ContainerConfig {
  const nothing = (names: Iterable<string>) => Object.fromEntries([...names].sort().map((name) => [name, {}]));
  return {
    ...(config.user === '' ? {} : { User: config.user }),
    ...(config.exposedPorts.size === 0 ? {} : { ExposedPorts: nothing(config.exposedPorts) }),
    ...(config.env.entries.length === 0 ? {} : { Env: config.env.entries }),
    ...(config.entrypoint === undefined || config.entrypoint.length === 0 ? {} : { Entrypoint: config.entrypoint }),
    ...(config.cmd === undefined || config.cmd.length === 0 ? {} : { Cmd: config.cmd }),
    ...(config.volumes.size === 0 ? {} : { Volumes: nothing(config.volumes) }),
    ...(config.workingDir === '' ? {} : { WorkingDir: config.workingDir }),
    ...(config.labels.size === 0
      ? {}
      : { Labels: Object.fromEntries([...config.labels].sort(([a], [b]) => (a < b ? -1 : 1))) }),
    ...(config.stopSignal === '' ? {} : { StopSignal: config.stopSignal }),
    ...(config.argsEscaped ? { ArgsEscaped: true } : {}),
    ...(config.healthcheck === undefined ? {} : { Healthcheck: withoutZeros(config.healthcheck) }),
    ...(config.onBuild.length === 0 ? {} : { OnBuild: config.onBuild }),
    ...(config.shell === undefined || config.shell.length === 0 ? {} : { Shell: config.shell }),
  };
}

/** Times and counts of 0 mean the default and are not written. */
function withoutZeros(check: Healthcheck): Healthcheck {
  return Object.fromEntries(Object.entries(check).filter(([, value]) => value !== 0));
}

function emptyConfig(): DraftConfig {
  return {
    user: '',
    env: new EnvEntries(),
    entrypoint: undefined,
    cmd: undefined,
    argsEscaped: false,
    workingDir: '',
    exposedPorts: new Set(),
    volumes: new Set(),
    labels: new Map(),
    stopSignal: '',
    healthcheck: undefined,
    onBuild: [],
    shell: undefined,
  };
}
