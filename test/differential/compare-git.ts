import { isFirekilnError } from '../../src/base/errors/firekiln-error.ts';
import { type GitReference, parseGitReference } from '../../src/formats/locator/git-reference.ts';
import { type Difference, differenceOf } from './compare-parse.ts';
import type { Oracle } from './oracle.ts';

interface GoReply {
  readonly ref: Readonly<Record<string, unknown>> | null;
  readonly isGit: boolean;
  readonly failure: unknown;
}

export async function compareGit(oracle: Oracle, text: string): Promise<Difference | undefined> {
  // BuildKit keeps the question mark of an empty query, and takes URLs without a host: neither can be fetched.
  if (/\?(?:#|$)|^\w+:\/\/(?:[/?#]|$)/.test(text)) return undefined;
  // Two colons in a host are refused by Go for HTTP only.
  if (/^(?:git|ssh):\/\/[^/?#[]*:[^/?#[]*:/i.test(text)) return undefined;
  // Of two commits it takes either, at random.
  if (/commit=.*checksum=|checksum=.*commit=/.test(text)) return undefined;
  const { ref, isGit } = await oracle.ask<GoReply>({ op: 'git', text });
  return differenceOf(ours(text), ref ?? (isGit ? 'wrong' : 'none'));
}

function ours(text: string): unknown {
  try {
    const reference = parseGitReference(text);
    return reference === undefined ? 'none' : goGitReference(reference);
  } catch (error) {
    if (isFirekilnError(error, 'LOCATOR_INVALID')) return 'wrong';
    throw error;
  }
}

/** With the names and the order of BuildKit's GitRef. */
export function goGitReference(reference: GitReference) {
  return {
    Remote: reference.remote,
    ShortName: reference.shortName,
    Ref: reference.ref ?? '',
    Checksum: reference.checksum ?? '',
    SubDir: reference.subdir ?? '',
    IndistinguishableFromLocal: reference.looksLocal,
    UnencryptedTCP: reference.isUnencrypted,
    KeepGitDir: reference.keepGitDir ?? null,
    Submodules: reference.submodules ?? null,
    MTime: reference.mtime ?? '',
    FetchByCommit: reference.fetchByCommit,
  };
}
