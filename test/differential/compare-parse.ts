import { isFirekilnError } from '../../src/base/errors/firekiln-error.ts';
import { dumpTree } from '../../src/frontend/syntax/dump-tree.ts';
import { parseDockerfile } from '../../src/frontend/syntax/parse-dockerfile.ts';
import type { DockerfileTree } from '../../src/frontend/syntax/tree.ts';
import type { Oracle } from './oracle.ts';

/** What both sides say, in one form; undefined where they agree. */
export interface Difference {
  readonly ours: unknown;
  readonly theirs: unknown;
}

interface GoNode {
  readonly start: number;
  readonly end: number;
  readonly original: string;
  readonly comments: readonly string[] | null;
  readonly heredocs: readonly Record<string, unknown>[] | null;
}

export interface GoFailure {
  readonly error: string;
  readonly lines: readonly number[] | null;
}

type GoParse =
  | { readonly failure: GoFailure }
  | { readonly panic: string }
  | {
      readonly dump: string;
      readonly escape: string;
      readonly nodes: readonly GoNode[];
      readonly warnings: readonly number[];
    };

export async function compareParse(oracle: Oracle, text: string): Promise<Difference | undefined> {
  const reply = await oracle.ask<GoParse>({ op: 'parse', text });
  if ('panic' in reply) return { ours: 'no panic', theirs: reply.panic };
  const theirs = 'failure' in reply ? { failure: blamedBy(reply.failure) } : normalizeGo(reply);
  const ours = outcomeOf(() => normalizeOurs(parseDockerfile({ file: 'Dockerfile', text })));
  return differenceOf(ours, theirs);
}

/** Undefined if both are equal as JSON. */
export function differenceOf(ours: unknown, theirs: unknown): Difference | undefined {
  return JSON.stringify(ours) === JSON.stringify(theirs) ? undefined : { ours, theirs };
}

/** What a function gives, or the lines that its error blames. */
export function outcomeOf<T>(run: () => T): T | { failure: number[] | null } {
  try {
    return run();
  } catch (error) {
    if (!isFirekilnError(error)) throw error;
    const [range] = error.source?.ranges ?? [];
    if (range === undefined) return { failure: null };
    return { failure: Array.from({ length: range.endLine - range.startLine + 1 }, (_, at) => range.startLine + at) };
  }
}

/** BuildKit blames the line before a directive, which for the first one is line 0: we say 1. */
export function blamedBy({ lines }: GoFailure): number[] | null {
  return lines === null ? null : [...new Set(lines.map((line) => Math.max(1, line)))].sort((a, b) => a - b);
}

function normalizeGo(reply: Extract<GoParse, { dump: string }>) {
  return {
    dump: reply.dump,
    escape: reply.escape,
    nodes: reply.nodes.map((node) => ({
      start: node.start,
      end: node.end,
      original: node.original,
      // It cuts one byte off a comment, even where that is one of several of a blank beyond ASCII.
      comments: (node.comments ?? []).map((comment) => comment.replace(/^\ufffd+/, '')),
      heredocs: (node.heredocs ?? []).map(({ Name, Content, FileDescriptor, Expand, Chomp }) => ({
        Name,
        Content,
        FileDescriptor,
        Expand,
        Chomp,
      })),
    })),
    warnings: reply.warnings,
  };
}

function normalizeOurs(tree: DockerfileTree) {
  return {
    dump: dumpTree(tree),
    escape: tree.escape,
    nodes: tree.instructions.map((node) => ({
      start: node.range.startLine,
      end: node.range.endLine,
      original: node.original,
      comments: node.comments,
      heredocs: node.heredocs.map((heredoc) => ({
        Name: heredoc.name,
        Content: heredoc.content,
        FileDescriptor: heredoc.fileDescriptor,
        Expand: heredoc.expand,
        Chomp: heredoc.chomp,
      })),
    })),
    warnings: tree.emptyContinuations.map((range) => range.startLine),
  };
}
