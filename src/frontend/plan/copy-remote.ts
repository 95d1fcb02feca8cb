import { posix } from 'node:path';
import { isDigest } from '../../base/digest.ts';
import { type GitReference, parseGitReference } from '../../formats/locator/git-reference.ts';
import type { HttpNode, NodeInfo } from '../../graph/node.ts';
import type { AddInstruction, CopyInstruction } from '../instructions/instruction.ts';
import { gitNode } from './git-node.ts';
import { type PlannerContext, planFault } from './planner-context.ts';
import { type SourceParts, wholeFile } from './source-parts.ts';

type CopyLike = AddInstruction | CopyInstruction;

/** A repository that ADD takes files from. */
export function gitSource(
  context: PlannerContext,
  instruction: CopyLike,
  git: GitReference,
  info: NodeInfo,
): SourceParts {
  const { graph } = context;
  if (instruction.kind === 'copy') {
    throw planFault('COPY takes no git repositories', { hint: 'ADD does.' });
  }
  const keepGitDir = instruction.keepGitDir ?? git.keepGitDir;
  if (git.keepGitDir !== undefined && keepGitDir !== git.keepGitDir) {
    throw planFault('--keep-git-dir and the keep-git-dir of the URL differ', { about: ['--keep-git-dir'] });
  }
  const checksum = instruction.checksum ?? git.checksum;
  if (git.checksum !== undefined && checksum !== git.checksum) {
    throw planFault('--checksum and the checksum of the URL differ', { about: ['--checksum'] });
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

/** A file that ADD fetches. */
export function httpSource(context: PlannerContext, instruction: CopyLike, url: string, info: NodeInfo): SourceParts {
  if (instruction.kind === 'copy') {
    throw planFault('COPY takes no URLs', { hint: 'ADD does.' });
  }
  let name: string | undefined;
  try {
    name = URL.canParse(url) ? fileNameOf(url) : undefined;
  } catch {
    // An escape that is none.
  }
  if (name === undefined) throw planFault(`${JSON.stringify(url)} is no URL`);
  return fetchedSource(context, url, name, 0o600, instruction, info);
}

/** What BuildKit calls the file of a URL: the last part of the path, without escapes. Throws URIError. */
function fileNameOf(url: string): string {
  const [, path = ''] = /^https?:\/\/[^/?#]*([^?#]*)/.exec(url) ?? [];
  const name = posix.basename(decodeURIComponent(path));
  if (name === '') return '__unnamed__';
  return name.trim() === '' || /^\s*\.{1,2}\s*$|\p{Cc}/u.test(name) ? 'download' : name;
}

/** A file of an HTTP server, for ADD or of a context that lies there. */
export function fetchedSource(
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

/** Throws DOCKERFILE_PLAN if `--checksum` is none, or goes with what has none. */
export function refuseBadChecksum(instruction: CopyLike): void {
  if (instruction.kind !== 'add' || instruction.checksum === undefined) return;
  const { checksum, sources } = instruction;
  const [source = ''] = sources;
  if (sources.length !== 1) throw planFault('--checksum goes with one source only', { about: ['--checksum'] });
  if (parseGitReference(source) !== undefined) return;
  if (!/^https?:\/\//.test(source)) {
    throw planFault('--checksum goes with an HTTP(S) or git source only', { about: ['--checksum'] });
  }
  if (!isDigest(checksum)) {
    throw planFault(`--checksum=${checksum} is not of the form sha256:<64 hexadecimal digits>`, {
      about: ['--checksum', checksum],
    });
  }
}
