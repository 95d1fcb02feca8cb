import type { Readable } from 'node:stream';
import type { Contexts } from '../frontend/plan/plan.ts';
import type { SourceText } from '../frontend/syntax/tree.ts';
import type { FileSource } from '../source/file-source.ts';
import type { PathFilter } from '../source/path-filter.ts';
import type { IgnoreRules } from './ignore-rules.ts';

/** What a build reads: its Dockerfile and its contexts. Disposing removes checkouts and the like. */
export interface BuildInputs extends AsyncDisposable {
  readonly dockerfile: SourceText;
  readonly ignore: IgnoreRules | undefined;
  readonly contexts: Contexts;
  /** The files of a folder context, by the name that the contexts give it; the same object each time. */
  context(name: string): Promise<FileSource>;
  readonly provenance: Provenance;
}

export interface Provenance {
  readonly dockerfile: string;
  readonly context?: string;
  readonly commit?: string;
}

/** A main context before its ignore file is known. */
export interface OpenedContext {
  /** For messages and the provenance: a path or a URL without credentials. */
  readonly description: string;
  open(ignore: PathFilter | undefined): FileSource;
  readonly commit?: string;
}

/** Tells an archive, which is a context, from any other stream. */
export type OpenStream = (
  stream: Readable,
  shown: string,
  signal: AbortSignal,
) => Promise<
  | { readonly type: 'archive'; readonly context: OpenedContext & AsyncDisposable }
  /** The stream as it was. */
  | { readonly type: 'other'; readonly rest: AsyncIterable<Uint8Array> }
>;
