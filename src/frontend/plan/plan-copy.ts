import { posix } from 'node:path';
import { isDigest } from '../../base/digest.ts';
import { FirekilnError } from '../../base/errors/firekiln-error.ts';
import { parseSymbolicMode } from '../../formats/chmod/symbolic-mode.ts';
import { type GitReference, parseGitReference } from '../../formats/locator/git-reference.ts';
import type { CopyAction, CopyMode, CopySource, HttpNode, NodeInfo } from '../../graph/node.ts';
import { isNumericOwner } from '../../graph/owner-id.ts';
import type { AddInstruction, CopyInstruction } from '../instructions/instruction.ts';
import { contextName } from './context-name.ts';
import { gitNode } from './git-node.ts';
import { addHistory } from './history.ts';
import { joinDestination, joinPath } from './image-path.ts';
import { type PlannerContext, planFault } from './planner-context.ts';
import { type PlannedInstruction, type StageState, variablesOf } from './stage-state.ts';
import { nextStepName, shownInstruction } from './step-name.ts';

type CopyLike = AddInstruction | CopyInstruction;

/** COPY and ADD: one file node with an action per source, or with `--link` a layer of its own merged over the base. */
export function planCopy(
  context: PlannerContext,
  stage: StageState,
  instruction: CopyLike,
  planned: PlannedInstruction,
): void {
  const { request, graph } = context;
  const { startLine, endLine } = instruction.range;
  refuseBadChecksum(context, instruction);
  const shown = shownInstruction(context, instruction.text, variablesOf(stage), { keepQuotes: false });
  const info: NodeInfo = {
    name: nextStepName(stage, shown, planned.isTrigger),
    startLine,
    endLine,
    ignoreCache: stage.ignoreCache,
  };
  const from = copyBase(context, stage, instruction, planned);
  const shared = {
    action: 'copy' as const,
    destination: joinDestination(stage.cwd, instruction.destination),
    ...(instruction.chown === undefined ? {} : { owner: instruction.chown }),
    ...(instruction.chmod === undefined ? {} : { mode: readMode(instruction.chmod) }),
    exclude: instruction.exclude,
  };
  const actions = [
    ...instruction.sources.map((source) => ({
      ...shared,
      ...sourceOf(context, instruction, source, from, planned.sources, info),
    })),
    ...instruction.inlineSources.map((source) => ({
      ...shared,
      ...wholeFile({ type: 'inline', name: source.name, data: source.data }, source.name),
    })),
  ];
  if (stage.node === undefined) throw new Error('COPY of a stage that was not started');
  if (instruction.link) refuseNames(context, instruction);
  if (instruction.link && instruction.chmod === undefined) {
    const scratch = graph.add({ kind: 'scratch' }, { name: 'scratch' });
    const upper = graph.add({ kind: 'file', base: scratch, actions }, info);
    stage.node = graph.add(
      { kind: 'merge', base: stage.node, upper },
      { ...info, name: info.name.replace(/^(\[[^\]]*\] )?/, '$1LINK ') },
    );
  } else stage.node = graph.add({ kind: 'file', base: stage.node, actions }, info);
  addHistory(context, stage, historyOf(instruction), 'step');
  if (request.signal?.aborted) throw request.signal.reason;
}

type SourceParts = Pick<
  CopyAction,
  'from' | 'source' | 'wildcards' | 'followSymlinks' | 'contentsOnly' | 'include' | 'required' | 'unpack'
>;

/** Where the sources of an instruction lie, unless they are URLs. */
type CopyBase = CopySource | { readonly type: 'http'; readonly baseUrl: string };

function copyBase(
  { request, graph }: PlannerContext,
  stage: StageState,
  instruction: CopyLike,
  { sources: [source] }: PlannedInstruction,
): CopyBase {
  if (source !== undefined) {
    if (source.node === undefined || !source.isDispatched) {
      const name = source.name ?? `stage ${source.index}`;
      throw planFault(
        request,
        instruction.range,
        `COPY takes files from ${name}, which is not finished before ${stage.name ?? `stage ${stage.index}`}`,
        { hint: 'Move the stage that is copied from above the one that copies.' },
      );
    }
    return { type: 'node', node: source.node };
  }
  const { main } = request.contexts;
  switch (main.type) {
    case 'folder':
      return { type: 'context', name: main.name };
    case 'node':
      return { type: 'node', node: graph.add(main.node, { name: `[context] load ${main.name}` }) };
    case 'http':
      return main;
    case 'image':
      throw planFault(request, instruction.range, 'the main build context can not be an image');
  }
}

function sourceOf(
  context: PlannerContext,
  instruction: CopyLike,
  source: string,
  from: CopyBase,
  sources: PlannedInstruction['sources'],
  info: NodeInfo,
): SourceParts {
  const git = parseGitReference(source);
  if (git !== undefined && !git.looksLocal) return gitSource(context, instruction, git, info);
  if (/^https?:\/\//.test(source)) return httpSource(context, instruction, source, info);
  if (from.type === 'http') {
    const url = new URL(source.replace(/^\/+/, ''), `${from.baseUrl.replace(/\/$/, '')}/`).href;
    return fetched(context, url, posix.basename(source), 0o644, instruction, info);
  }
  const isContext = from.type === 'context' || isFolder(context, sources[0]);
  return localSource(instruction, source, from, isContext);
}

/** A named context that is a folder of the host. */
function isFolder({ request }: PlannerContext, source: StageState | undefined): boolean {
  if (source === undefined) return false;
  const named = source.isImplicit ? request.contexts.named(contextName(source.baseName)) : source.context;
  return named?.type === 'folder';
}

function localSource(instruction: CopyLike, source: string, from: CopySource, isContext: boolean): SourceParts {
  const parts: SourceParts = {
    from,
    source: joinPath('/', source),
    wildcards: true,
    followSymlinks: true,
    contentsOnly: true,
    include: [],
    required: [],
    unpack: instruction.kind === 'add' && (instruction.unpack ?? true),
  };
  if (instruction.kind !== 'copy' || !instruction.parents) return parts;
  // What stands before `/./` is not made again at the destination.
  const pivot = source.indexOf('/./');
  const folder = pivot === -1 ? '/' : joinPath('/', source.slice(0, pivot));
  const pattern = joinPath('/', pivot === -1 ? source : source.slice(pivot + 3));
  const isPlain = !hasWildcards(folder) && !hasWildcards(pattern);
  return {
    ...parts,
    source: folder,
    include: [pattern.slice(1)],
    // What is left out of a context is not even sent to BuildKit.
    required: isPlain && (isContext || instruction.exclude.length === 0) ? [joinPath(folder, pattern.slice(1))] : [],
  };
}

function gitSource(context: PlannerContext, instruction: CopyLike, git: GitReference, info: NodeInfo): SourceParts {
  const { request, graph } = context;
  if (instruction.kind === 'copy') {
    throw planFault(request, instruction.range, 'COPY takes no git repositories', { hint: 'ADD does.' });
  }
  const keepGitDir = instruction.keepGitDir ?? git.keepGitDir;
  if (git.keepGitDir !== undefined && keepGitDir !== git.keepGitDir) {
    throw planFault(request, instruction.range, '--keep-git-dir and the keep-git-dir of the URL differ');
  }
  const checksum = instruction.checksum ?? git.checksum;
  if (git.checksum !== undefined && checksum !== git.checksum) {
    throw planFault(request, instruction.range, '--checksum and the checksum of the URL differ');
  }
  const node = graph.add(gitNode({ ...git, ...optional({ keepGitDir, checksum }) }), info);
  return { ...wholeFile({ type: 'node', node }, '/'), source: '/' };
}

function optional(parts: { readonly keepGitDir: boolean | undefined; readonly checksum: string | undefined }) {
  const { keepGitDir, checksum } = parts;
  return {
    ...(keepGitDir === undefined ? {} : { keepGitDir }),
    ...(checksum === undefined ? {} : { checksum }),
  };
}

function httpSource(context: PlannerContext, instruction: CopyLike, url: string, info: NodeInfo): SourceParts {
  if (instruction.kind === 'copy') {
    throw planFault(context.request, instruction.range, 'COPY takes no URLs', { hint: 'ADD does.' });
  }
  let name = '';
  try {
    name = posix.basename(new URL(url).pathname);
  } catch {
    throw planFault(context.request, instruction.range, `${JSON.stringify(url)} is no URL`);
  }
  return fetched(context, url, name === '' || name === '/' ? '__unnamed__' : name, 0o600, instruction, info);
}

function fetched(
  { graph }: PlannerContext,
  url: string,
  filename: string,
  mode: number,
  instruction: CopyLike,
  info: NodeInfo,
): SourceParts {
  const checksum = instruction.kind === 'add' ? instruction.checksum : undefined;
  const http: HttpNode = {
    kind: 'http',
    url,
    filename,
    mode,
    unpack: false,
    ...(checksum !== undefined && isDigest(checksum) ? { checksum } : {}),
  };
  const node = graph.add(http, info);
  const unpack = instruction.kind === 'add' && (instruction.unpack ?? false);
  return { ...wholeFile({ type: 'node', node }, filename), unpack };
}

/** One path taken as it is. */
function wholeFile(from: CopySource, name: string): SourceParts {
  return {
    from,
    source: joinPath('/', name),
    wildcards: false,
    followSymlinks: false,
    contentsOnly: false,
    include: [],
    required: [],
    unpack: false,
  };
}

function readMode(text: string): CopyMode {
  if (/^[0-7]+$/.test(text) && Number.parseInt(text, 8) <= 0o7777) {
    return { type: 'octal', mode: Number.parseInt(text, 8) };
  }
  if (/^\d/.test(text)) {
    throw new FirekilnError('CHMOD_INVALID', `--chmod=${text} is not a file mode`, {
      hint: 'Write an octal number between 0 and 07777, or a symbolic mode such as u=rwX,go=rX.',
    });
  }
  parseSymbolicMode(text);
  return { type: 'symbolic', text };
}

function refuseBadChecksum({ request }: PlannerContext, instruction: CopyLike): void {
  if (instruction.kind !== 'add' || instruction.checksum === undefined) return;
  const { checksum, sources, range } = instruction;
  const [source = ''] = sources;
  if (sources.length !== 1) throw planFault(request, range, '--checksum goes with one source only');
  if (parseGitReference(source) !== undefined) return;
  if (!/^https?:\/\//.test(source)) {
    throw planFault(request, range, '--checksum goes with an HTTP(S) or git source only');
  }
  if (!isDigest(checksum)) {
    throw planFault(request, range, `--checksum=${checksum} is not of the form sha256:<64 hexadecimal digits>`);
  }
}

function refuseNames({ request }: PlannerContext, { chown, range }: CopyLike): void {
  if (chown === undefined || isNumericOwner(chown)) return;
  throw planFault(request, range, `--chown=${chown}: names can not be looked up with --link`, {
    hint: 'Write uid:gid as numbers, or leave --link out.',
  });
}

function historyOf(instruction: CopyLike): string {
  const flags = [
    ...(instruction.kind === 'copy' && instruction.parents ? ['--parents'] : []),
    ...(instruction.chown === undefined ? [] : [`--chown=${instruction.chown}`]),
    ...(instruction.chmod === undefined ? [] : [`--chmod=${instruction.chmod}`]),
  ];
  const inline = instruction.inlineSources.map(({ name }) => `<<${name}`);
  return [instruction.kind.toUpperCase(), ...flags, ...instruction.sources, ...inline, instruction.destination].join(
    ' ',
  );
}

function hasWildcards(text: string): boolean {
  return /^(?:[^*?[\\]|\\.?)*[*?[]/s.test(text);
}
