import { posix } from 'node:path';
import { parseGitReference } from '../../formats/locator/git-reference.ts';
import type { CopySource, NodeInfo } from '../../graph/node.ts';
import type { AddInstruction, CopyInstruction } from '../instructions/instruction.ts';
import { contextName } from './context-name.ts';
import type { CopyBase } from './copy-base.ts';
import { fetchedSource, gitSource, httpSource } from './copy-remote.ts';
import { joinPath } from './image-path.ts';
import type { PlannerContext } from './planner-context.ts';
import type { SourceParts } from './source-parts.ts';
import type { PlannedInstruction, StageState } from './stage-state.ts';

type CopyLike = AddInstruction | CopyInstruction;

/** Of one source of COPY or ADD: a repository, a URL, or a path below `from`. */
export function copySource(
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
    return fetchedSource(context, url, posix.basename(source), 0o644, instruction, info);
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

function hasWildcards(text: string): boolean {
  return /^(?:[^*?[\\]|\\.?)*[*?[]/s.test(text);
}
