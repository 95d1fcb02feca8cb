import { stat } from 'node:fs/promises';
import { posix, resolve } from 'node:path';
import type { Readable } from 'node:stream';
import { FirekilnError } from '../base/errors/firekiln-error.ts';
import { readTextStream } from '../base/read-text.ts';
import { explainSystemError, systemCode } from '../base/system-error.ts';
import type { GitReference } from '../formats/locator/git-reference.ts';
import { type Locator, parseLocator } from '../formats/locator/locator.ts';
import { maxDockerfileBytes } from '../frontend/limits.ts';
import { findLocalDockerfile } from '../frontend/source/read-local-dockerfile.ts';
import type { SourceText } from '../frontend/syntax/tree.ts';
import type { BuildRequest } from './build-request.ts';
import { readBuilderArgs } from './builder-args.ts';
import { type IgnoreRules, readIgnoreRules } from './ignore-rules.ts';
import type { OpenedContext, OpenStream, Provenance } from './inputs.ts';
import { readIgnoreText } from './read-ignore-text.ts';
import { readSourceFile } from './read-source-file.ts';
import type { SourceOpener } from './source-opener.ts';

export interface MainInput {
  readonly dockerfile: SourceText;
  readonly ignore: IgnoreRules | undefined;
  /** Undefined: there are no files (a Dockerfile alone on standard input). */
  readonly context: OpenedContext | { readonly baseUrl: string } | undefined;
  readonly provenance: Provenance;
}

export interface MainOptions {
  readonly request: BuildRequest;
  readonly sources: SourceOpener;
  readonly archives: OpenStream;
  /** Takes what is to be removed when the build has ended. */
  readonly keep: AsyncDisposableStack;
  readonly signal: AbortSignal;
}

/**
 * Finds the Dockerfile and the main context (docs/dockerfile.md, "Where it comes from"). Throws LOCATOR_INVALID, USAGE,
 * DOCKERFILE_MISSING, CONTEXT_MISSING and what the sources throw.
 */
export async function openMain(options: MainOptions): Promise<MainInput> {
  const { request } = options;
  const file = request.dockerfile === undefined ? undefined : parseLocator(request.dockerfile);
  const context = request.context === undefined ? undefined : parseLocator(request.context);
  if (context !== undefined && (file?.type === 'http' || file?.type === 'git')) {
    throw new FirekilnError('USAGE', `-f ${request.dockerfile} is remote and brings its own context`, {
      hint: `Leave out the context ${request.context}.`,
    });
  }
  if (context !== undefined) return await openContext(options, context, file);
  switch (file?.type) {
    case undefined:
      return await openFolder(options, '.', undefined);
    case 'stdin':
      return await openFolder(options, '.', file);
    case 'path':
      return await openFolder(options, posix.dirname(file.path), file);
    case 'git':
      return await openGit(options, file.reference, file.dockerfile);
    case 'http':
      return await openUrl(options, file.url);
  }
}

async function openContext(options: MainOptions, context: Locator, file: Locator | undefined): Promise<MainInput> {
  const { request } = options;
  switch (context.type) {
    case 'path':
      return await openFolder(options, context.path, file);
    case 'stdin':
      if (file?.type === 'stdin') {
        throw new FirekilnError('USAGE', 'the context and the Dockerfile can not both be standard input');
      }
      return await openStream(options, request.stdin, '-', nameInside(file));
    case 'http':
      return await openUrl(options, context.url, nameInside(file));
    case 'git':
      return await openGit(options, context.reference, context.dockerfile ?? nameInside(file));
  }
}

function nameInside(file: Locator | undefined): string | undefined {
  return file?.type === 'path' ? file.path : undefined;
}

async function openFolder(options: MainOptions, folder: string, file: Locator | undefined): Promise<MainInput> {
  const { request, sources, signal } = options;
  const root = resolve(request.cwd, folder);
  await requireFolder(root, folder);
  const dockerfile =
    file?.type === 'stdin'
      ? { file: '-', text: await readText(request.stdin, '-', signal) }
      : await findLocalDockerfile({
          cwd: request.cwd,
          folder,
          named: file?.type === 'path' ? file.path : undefined,
          signal,
        });
  const ignore = await readIgnoreRules({
    dockerfile: file?.type === 'stdin' ? undefined : resolve(request.cwd, dockerfile.file),
    beside: async (path) => await readIgnoreText(path, signal),
    inContext: async (path) => await readIgnoreText(resolve(root, path), signal),
  });
  const description = `the build context ${folder}`;
  return {
    dockerfile,
    ignore,
    context: { description, open: (filter) => sources.folder({ root, description, ignore: filter }) },
    provenance: { dockerfile: dockerfile.file, context: folder },
  };
}

async function readText(
  stream: Parameters<typeof readTextStream>[0],
  shown: string,
  signal: AbortSignal,
): Promise<string> {
  const text = await readTextStream(stream, { shown, maxBytes: maxDockerfileBytes, signal });
  if (text !== '' || shown !== '-') return text;
  throw new FirekilnError('DOCKERFILE_MISSING', 'standard input is empty, and was to give the Dockerfile', {
    hint: 'Redirect it from a file or a program: firekiln build - < Dockerfile',
  });
}

async function openGit(options: MainOptions, reference: GitReference, named: string | undefined): Promise<MainInput> {
  const { request, sources, keep, signal } = options;
  // In the original form the path is that of the Dockerfile in the repository, and its folder is the context.
  const folder = request.context === undefined && named !== undefined ? posix.dirname(named) : undefined;
  const subdir = folder === undefined || folder === '.' ? reference.subdir : folder;
  const inside = folder === undefined ? (named ?? 'Dockerfile') : posix.basename(named ?? '');
  const { keepGitDir } = readBuilderArgs(request.buildArgs);
  const wanted = { ...reference, ...(subdir === undefined ? {} : { subdir }), ...(keepGitDir ? { keepGitDir } : {}) };
  const checkout = keep.use(await sources.git(wanted, signal));
  const shown = request.context ?? request.dockerfile ?? reference.remote;
  const description = `the repository ${withoutUser(shown)}`;
  const context: OpenedContext = {
    description,
    commit: checkout.commit,
    open: (ignore) => sources.folder({ root: checkout.folder, description, ignore, normalMtimeSec: checkout.time }),
  };
  return await fromFiles(options, context, inside, withoutUser(shown));
}

/** A URL gives a Dockerfile, or an archive that is the context; its first bytes tell. */
async function openUrl(options: MainOptions, url: string, named?: string): Promise<MainInput> {
  const { body, url: final } = await options.sources.http(url, options.signal);
  return await openStream(options, body, final, named, new URL('.', url).href);
}

async function openStream(
  options: MainOptions,
  stream: Readable,
  from: string,
  named: string | undefined,
  baseUrl?: string,
): Promise<MainInput> {
  const shown = withoutUser(from);
  const opened = await options.archives(stream, shown, options.signal);
  if (opened.type === 'archive') {
    return await fromFiles(options, options.keep.use(opened.context), named ?? 'Dockerfile', shown);
  }
  if (from === '-' && named !== undefined) {
    throw new FirekilnError('USAGE', `-f ${named}: standard input gives no archive that could hold it`, {
      hint: 'Leave -f out if the input is the Dockerfile itself, or send a tar of the context.',
    });
  }
  const dockerfile = { file: shown, text: await readText(opened.rest, shown, options.signal) };
  return {
    dockerfile,
    ignore: undefined,
    context: baseUrl === undefined ? undefined : { baseUrl },
    provenance: { dockerfile: shown, ...(baseUrl === undefined ? {} : { context: withoutUser(baseUrl) }) },
  };
}

async function fromFiles(
  options: MainOptions,
  context: OpenedContext,
  name: string,
  shown: string,
): Promise<MainInput> {
  const files = context.open(undefined);
  const read = async (path: string) => await readSourceFile(files, path, maxDockerfileBytes, options.signal);
  const text = (await read(name)) ?? (name === 'Dockerfile' ? await read('dockerfile') : undefined);
  if (text === undefined) {
    throw new FirekilnError('DOCKERFILE_MISSING', `${context.description} has no file ${name}`, {
      hint: 'Name the file with -f, as a path within the context.',
    });
  }
  const { commit } = context;
  return {
    dockerfile: { file: name, text },
    ignore: await readIgnoreRules({ dockerfile: name, beside: read, inContext: read }),
    context,
    provenance: { dockerfile: name, context: shown, ...(commit === undefined ? {} : { commit }) },
  };
}

async function requireFolder(root: string, shown: string): Promise<void> {
  let problem = 'does not exist';
  try {
    if ((await stat(root)).isDirectory()) return;
    problem = 'is no folder';
  } catch (error) {
    const code = systemCode(error);
    if (code === 'ENAMETOOLONG') problem = 'has a name that is too long';
    else if (code !== 'ENOENT' && code !== 'ENOTDIR')
      throw explainSystemError(error, 'opening the build context', root);
  }
  throw new FirekilnError('CONTEXT_MISSING', `the build context ${shown} ${problem}`, {
    hint: 'The last argument of build is the folder whose files COPY may read; the Dockerfile is named with -f.',
  });
}

/** A URL for people: without user and password. */
function withoutUser(text: string): string {
  return text.replace(/^([a-z0-9+.-]+:\/\/)[^/@]*@/i, '$1');
}
