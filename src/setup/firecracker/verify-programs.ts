import { hexOf, sha256 } from '../../base/digest.ts';
import { FirekilnError } from '../../base/errors/firekiln-error.ts';
import { knownArchives, knownPrograms } from './known-release.ts';
import type { Programs } from './read-package.ts';

/**
 * Makes sure that programs are what they should be: the package has the digest that was named or, if none was, it is the
 * archive of a release that this version of Firekiln knows, or each of its programs is one of such a release. Throws
 * CHECKSUM_MISMATCH.
 *
 * @param wanted 64 hexadecimal digits.
 */
export function verifyPrograms(
  options: { readonly shown: string; readonly bytes: Buffer; readonly programs: Programs },
  wanted: string | undefined,
  archives = knownArchives,
): void {
  const { shown, bytes, programs } = options;
  const found = hexOf(sha256(bytes));
  if (found === wanted) return;
  if (wanted !== undefined) {
    throw new FirekilnError('CHECKSUM_MISMATCH', `${shown} has the SHA-256 ${found}, not ${wanted}`);
  }
  if (archives[found] !== undefined) return;
  for (const [name, program] of programs) {
    const digest = hexOf(sha256(program));
    if (knownPrograms[digest]?.name === name) continue;
    throw new FirekilnError('CHECKSUM_MISMATCH', `${name} in ${shown} has the SHA-256 ${digest}, which is not known`, {
      hint: 'To install another release, name the SHA-256 of its archive, as the release states it, with --sha256.',
      details: [`the file itself has ${found}`],
    });
  }
}
