import { posix } from 'node:path';
import { aboutWords } from '../../base/errors/firekiln-error.ts';
import { cleanPath } from '../../formats/patterns/clean-path.ts';
import type { MountSpec } from '../../graph/node.ts';
import type { RunInstruction } from '../instructions/instruction.ts';
import type { Mount } from '../instructions/mount.ts';
import { chompHeredoc } from '../syntax/heredoc-body.ts';
import { parseHeredocWord } from '../syntax/heredoc-word.ts';
import type { Variables } from '../words/variables.ts';
import { folderNode } from './folder-node.ts';
import { addHistory } from './history.ts';
import { joinPath } from './image-path.ts';
import { infoOfPlace } from './info-of-place.ts';
import type { PlanRequest } from './plan.ts';
import { type PlannerContext, planFault } from './planner-context.ts';
import { withShell } from './shell-form.ts';
import { circleOf } from './stage-needs.ts';
import type { PlannedInstruction, StageState } from './stage-state.ts';
import { nextStepName, shownInstruction } from './step-name.ts';

/** Where the script of a here-document with `#!` is put for its step. */
const scriptFolder = '/dev/pipes';

type CacheMountSpec = Extract<MountSpec, { type: 'cache' }>;

/** What a variable takes beside its characters. */
const bytesOfEntry = 64;

export function planRun(
  context: PlannerContext,
  stage: StageState,
  instruction: RunInstruction,
  planned: PlannedInstruction,
): void {
  const { request, graph } = context;
  refuseUnsupported(request, instruction);
  const { args, files, summary } = commandOf(stage, instruction);
  if (args.length === 0) throw planFault('RUN [] names no command');
  const mounts = instruction.mounts.flatMap((mount, i) =>
    aboutWords(
      instruction.mountFlags.slice(i, i + 1).map(({ token }) => token.value),
      () => planMount(context, stage, instruction, mount, planned.sources[i]),
    ),
  );
  const masked = maskedVariables(stage, instruction);
  const shown = shownInstruction(context, instruction.text + summary, masked, { keepQuotes: true });
  const env = [...stage.env.entries];
  const prefix = argPrefix(stage);
  // Each step keeps all of them, with about as much again for each.
  context.expansion.budget?.spend(keptFor(env) + keptFor(prefix));
  if (stage.node === undefined) throw new Error('RUN of a stage that was not started');
  stage.node = graph.add(
    {
      kind: 'exec',
      base: stage.node,
      args,
      env,
      cwd: stage.cwd,
      user: stage.image.config.user,
      network: instruction.network === 'none' ? 'none' : request.network,
      security: instruction.security,
      mounts,
      files,
      hostname: request.hostname,
      extraHosts: request.extraHosts,
      ...(request.shmSize === undefined ? {} : { shmSize: request.shmSize }),
      proxyEnv: context.proxyEnv.filter((entry) => !stage.env.has(entry.slice(0, entry.indexOf('=')))),
    },
    {
      name: nextStepName(stage, shown, instruction.trigger),
      ...infoOfPlace(instruction),
      ignoreCache: stage.ignoreCache,
    },
  );
  addHistory(context, stage, ['RUN', ...prefix, ...args].join(' '), 'step');
}

function keptFor(entries: readonly string[]): number {
  let kept = 0;
  for (const entry of entries) kept += entry.length + bytesOfEntry;
  return kept;
}

function refuseUnsupported(request: PlanRequest, instruction: RunInstruction): void {
  if (instruction.network === 'host') {
    throw planFault('RUN --network=host is refused: steps run in a VM of their own', {
      about: ['--network'],
      hint: 'The default network reaches the outside. A service on this host needs an address that is not loopback.',
    });
  }
  if (instruction.security === 'insecure' && !request.allowInsecure) {
    throw planFault('RUN --security=insecure is not allowed', {
      about: ['--security'],
      hint: 'Pass --allow security.insecure: the step then has all capabilities within its VM.',
    });
  }
  if (instruction.devices.some((device) => device.required)) {
    throw planFault('RUN --device is refused: devices of the host can not be given to a VM', {
      about: ['--device'],
    });
  }
}

interface RunCommand {
  readonly args: readonly string[];
  readonly files: readonly { readonly path: string; readonly data: string; readonly mode: number }[];
  /** What the name of the step says about a here-document. */
  readonly summary: string;
}

function commandOf(stage: StageState, { command, files }: RunInstruction): RunCommand {
  const [first] = files;
  const [line = ''] = command.words;
  if (first === undefined) {
    return { args: command.isShellForm ? withShell(stage, command.words) : command.words, files: [], summary: '' };
  }
  // A here-document with nothing before it is the script itself.
  if (parseHeredocWord(line) !== undefined) {
    const data = first.chomp ? chompHeredoc(first.data) : first.data;
    const summary = ` (${summarize(first.data)})`;
    if (data.startsWith('#!')) {
      const path = posix.join(scriptFolder, first.name);
      return { args: withShell(stage, [path]), files: [{ path, data, mode: 0o755 }], summary };
    }
    return { args: withShell(stage, [data]), files: [], summary };
  }
  const bodies = files.map(({ name, data }) => `\n${data}${name}`).join('');
  return { args: withShell(stage, [line + bodies]), files: [], summary: '' };
}

function summarize(data: string): string {
  const lines = data.trim().split(/\r?\n/);
  return `${lines[0] ?? ''}${lines.length > 1 ? '...' : ''}`;
}

/** `|2 A=1 B=2`: the arguments of the build that the step saw. */
function argPrefix(stage: StageState): string[] {
  const { args, env } = stage;
  if (args.size === 0) return [];
  return [`|${args.size}`, ...Array.from(args, ([name, value]) => `${name}=${env.get(name) ?? value ?? ''}`)];
}

function maskedVariables({ env }: StageState, { mounts }: RunInstruction): Variables {
  const secret = new Set(mounts.flatMap((mount) => (mount.type === 'secret' ? (mount.env ?? []) : [])));
  if (secret.size === 0) return env;
  return { get: (name) => (secret.has(name) ? '****' : env.get(name)), names: () => env.names() };
}

function planMount(
  context: PlannerContext,
  stage: StageState,
  instruction: RunInstruction,
  mount: Mount,
  source: StageState | undefined,
): MountSpec[] {
  const owner = { uid: mount.uid ?? 0, gid: mount.gid ?? 0 };
  if (mount.type === 'secret') {
    const id = mount.source ?? mount.id ?? posix.basename(mount.target ?? '');
    const target = mount.target ?? (mount.env === undefined ? `/run/secrets/${posix.basename(id)}` : undefined);
    return [
      {
        type: 'secret',
        id,
        ...(target === undefined ? {} : { target: joinPath(stage.cwd, target) }),
        ...(mount.env === undefined ? {} : { env: mount.env === '' ? id : mount.env }),
        required: mount.required,
        mode: (mount.mode ?? 0o400) & 0o777,
        ...owner,
      },
    ];
  }
  if (mount.type === 'ssh') {
    if (mount.source !== undefined) throw planFault('a mount of type ssh takes no source=', { about: ['source'] });
    const target = mount.target === undefined ? {} : { target: joinPath(stage.cwd, mount.target) };
    const id = mount.id ?? 'default';
    return [{ type: 'ssh', id, ...target, required: mount.required, mode: (mount.mode ?? 0o600) & 0o777, ...owner }];
  }
  const target = joinPath(stage.cwd, mount.target ?? '');
  if (mount.target === undefined || target === '/') {
    throw planFault(
      `a mount of type ${mount.type} has ${mount.target === undefined ? 'no target' : `the target ${target}`}`,
      {
        hint: 'Give target= a folder or file below the root.',
      },
    );
  }
  if (mount.type === 'tmpfs') {
    const size = mount.size === undefined || mount.size === 0 ? {} : { sizeBytes: mount.size };
    return [{ type: 'tmpfs', target, ...size, ...(mount.readOnly ? { readOnly: true } : {}) }];
  }
  const path = joinPath('/', mount.source ?? '');
  if (source !== undefined && (source.node === undefined || !source.isDispatched)) {
    const about = mount.from === undefined ? [] : [`from=${mount.from}`];
    const circle = circleOf(stage, source);
    if (circle !== undefined) throw planFault(circle, { about });
    const name = source.name ?? `stage ${source.index}`;
    throw planFault(`RUN mounts files of ${name}, which is not finished before this step`, {
      about,
      hint: `Move the stage that is mounted, on line ${source.place.range.startLine}, above the one that mounts.`,
    });
  }
  if (mount.type === 'cache') {
    return [
      {
        type: 'cache',
        target,
        id: cacheId(context.request.buildArgs, mount.id ?? cleanPath(mount.target)),
        sharing: mount.sharing ?? 'shared',
        readOnly: mount.readOnly,
        ...(source?.node === undefined ? {} : { from: source.node }),
        ...placeInCache(mount, path),
      },
    ];
  }
  const from = source?.node ?? mainContextNode(context, instruction, mount.source ?? '');
  return [{ type: 'bind', target, from, source: path, readOnly: mount.readOnly }];
}

/** With an owner or a mode BuildKit mounts a folder of its own in place of the root (dockerfile2llb, setCacheUIDGID). */
function placeInCache({ mode, uid, gid }: Mount, source: string): Pick<CacheMountSpec, 'source' | 'made'> {
  const isGiven = mode !== undefined || uid !== undefined || gid !== undefined;
  if (source !== '/' || !isGiven) return { source };
  return { source: '/cache', made: { mode: (mode ?? 0o755) & 0o777, uid: uid ?? 0, gid: gid ?? 0 } };
}

/** The build argument keeps the cache mounts of several projects apart. */
function cacheId(buildArgs: ReadonlyMap<string, string>, id: string): string {
  const namespace = buildArgs.get('BUILDKIT_CACHE_MOUNT_NS') ?? '';
  return namespace === '' ? id : `${namespace}/${id}`;
}

function mainContextNode(context: PlannerContext, instruction: RunInstruction, source: string) {
  const { request, graph } = context;
  const { main } = request.contexts;
  if (main.type === 'folder') return folderNode(context, { name: main.name, source, place: instruction });
  if (main.type === 'node') return graph.add(main.node, { name: `[context] load ${main.name}` });
  throw planFault('a place on an HTTP server has no folders and can not be mounted', {
    hint: 'Use a git+https:// locator, which can list what it holds.',
  });
}
