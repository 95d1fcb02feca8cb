import { describe, expect, it } from 'vitest';
import { hexOf, sha256 } from '../../../../src/base/digest.ts';
import { knownArchives, knownPrograms, knownRelease } from '../../../../src/setup/firecracker/known-release.ts';
import { verifyPrograms } from '../../../../src/setup/firecracker/verify-programs.ts';

const bytes = Buffer.from('an archive');
const digest = hexOf(sha256(bytes));
const unknown = { shown: 'it', bytes, programs: new Map([['firecracker', Buffer.from('unknown')] as const]) };

describe('verifyPrograms', () => {
  it('takes the archive of a known release, whatever programs are in it', () => {
    expect(() => verifyPrograms(unknown, undefined, { [digest]: '1.12.1' })).not.toThrow();
    expect(() => verifyPrograms(unknown, undefined)).toThrow(/which is not known/);
  });

  it('takes nothing but what was named, a known archive neither', () => {
    const archives = { [digest]: '1.12.1' };
    expect(() => verifyPrograms(unknown, digest)).not.toThrow();
    expect(() => verifyPrograms(unknown, '0'.repeat(64), archives)).toThrow(`has the SHA-256 ${digest}, not 000`);
  });
});

it('the release to be installed is one that is known, with both its programs', () => {
  expect(knownArchives[knownRelease.sha256]).toBe(knownRelease.version);
  for (const version of Object.values(knownArchives)) {
    const names = Object.values(knownPrograms)
      .filter((program) => program.version === version)
      .map(({ name }) => name);
    expect(names.sort()).toEqual(['firecracker', 'jailer']);
  }
  for (const key of [...Object.keys(knownArchives), ...Object.keys(knownPrograms)])
    expect(key).toMatch(/^[0-9a-f]{64}$/);
});
