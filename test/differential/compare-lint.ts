import { check, plainBase } from '../support/check.ts';
import type { Difference } from './compare-parse.ts';
import type { Oracle } from './oracle.ts';

export interface LintCase {
  readonly text: string;
  readonly buildArgs: Readonly<Record<string, string>>;
  readonly target: string;
}

interface GoLint {
  readonly panic?: string;
  readonly failure?: { readonly error: string; readonly lines: readonly number[] | null };
  readonly warnings?: readonly { rule: string; text: string; line: number }[];
}

const shellBase = { ...plainBase, env: ['PATH=/bin', 'FROM_BASE=1'], shell: ['/bin/bash', '-c'] };
const armBase = { ...plainBase, platform: { os: 'linux', architecture: 'arm64' } };

/** By the names under which both sides look them up. */
const images = new Map([
  ['docker.io/library/alpine:latest', plainBase],
  ['docker.io/library/bash:5', shellBase],
  ['docker.io/library/arm:latest', armBase],
]);

const written = new Map([
  ['alpine', plainBase],
  ['alpine:latest', plainBase],
  ['bash:5', shellBase],
  ['arm', armBase],
]);

export async function compareLint(
  oracle: Oracle,
  { text, buildArgs, target }: LintCase,
): Promise<Difference | undefined> {
  const reply = await oracle.ask<GoLint>({ op: 'lint', text, buildArgs, target, images: imagesForGo() });
  if (reply.panic !== undefined) return { ours: 'no panic', theirs: reply.panic };
  const theirs = (reply.warnings ?? [])
    .map(({ rule, text: detail, line }) => `${line} ${rule}: ${withoutSuggestion(detail)}`)
    .sort();
  const ours = checkOurs({ text, buildArgs, target }, theirs);
  if (ours === undefined) return reply.failure === undefined ? { ours: 'error', theirs } : undefined;
  // What else makes a build fail, and what then goes unsaid, is for the planner to know.
  const agrees =
    reply.failure === undefined
      ? !ours.failed && JSON.stringify(ours.warnings) === JSON.stringify(theirs)
      : theirs.every((warning) => ours.warnings.includes(warning));
  return agrees ? undefined : { ours, theirs: { warnings: theirs, failure: reply.failure } };
}

/** BuildKit resolves bases side by side and loses a warning now and then; `theirs` says which did arrive. */
function checkOurs({ text, buildArgs, target }: LintCase, theirs: readonly string[]) {
  try {
    const { warnings, error } = check(text, {
      buildArgs: new Map(Object.entries(buildArgs)),
      ...(target === '' ? {} : { target }),
      baseOf: (_, reference) => written.get(reference),
    });
    const shown = warnings
      .map(({ rule, text: detail, range }) => `${range.startLine} ${rule}: ${withoutSuggestion(detail)}`)
      .sort();
    const kept = shown.filter((warning) => theirs.includes(warning) || !warning.includes(' InvalidBaseImagePlatform:'));
    return { warnings: kept, failed: error !== undefined };
  } catch {
    return undefined;
  }
}

function imagesForGo() {
  return Object.fromEntries(
    [...images].map(([name, { env, shell, platform }]) => [
      name,
      { env, shell, os: platform.os, arch: platform.architecture },
    ]),
  );
}

/** Of several names that are equally near BuildKit suggests one at random. */
function withoutSuggestion(text: string): string {
  return text.replace(/ \(did you mean .*\?\)$/, '');
}
