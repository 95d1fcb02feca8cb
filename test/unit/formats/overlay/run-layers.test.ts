import { describe, expect, it } from 'vitest';
import { fixtureImage } from '../../../support/image-file.ts';
import { runCases } from '../../../support/run-layers/cases.ts';
import { caseFacts, expectAsBuildKit, oldTree } from '../../../support/run-layers/compare-with-goldens.ts';

/** What Linux 6.1 left of each case; test/e2e/run-layers.test.ts makes the same anew. */
const scratch = fixtureImage('run-layers/scratch.ext4.zst');
const parent = oldTree();

describe('layers of RUN steps are those of BuildKit', () => {
  it.each(runCases.map((one) => [one.name, one] as const))('%s', (name, one) => {
    expectAsBuildKit(one, caseFacts(scratch, name, parent));
  });
});

describe('where BuildKit loses what a step did, the layer keeps it', () => {
  const facts = (name: string) => caseFacts(scratch, name, parent);
  const fact = (name: string, path: string) => facts(name).find((one) => one.path === path);

  it('an old file stays linked to its new name', () => {
    expect(facts('hard-link-to-old').map(({ path, link }) => [path, link])).toEqual([
      ['old', undefined],
      ['old/a', undefined],
      ['old/a2', 'old/a'],
    ]);
    expect(facts('hard-link-to-old-before-it').map(({ path, link }) => [path, link])).toEqual([
      ['0', undefined],
      ['old', undefined],
      ['old/b', '0'],
      ['old/dir', undefined],
      ['old/dir/bb', '0'],
    ]);
  });

  it('what a socket replaced is deleted', () => {
    expect(facts('sockets')).toEqual([expect.objectContaining({ path: 'old' }), { path: 'old/b', type: 'whiteout' }]);
  });

  it('attributes are kept, and their change is a change', () => {
    expect(fact('attribute-on-new', 'n')?.xattrs).toEqual({ 'user.a': '31', 'user.big': '62'.repeat(900) });
    expect(fact('attribute-on-old', 'old/a')?.xattrs).toEqual({ 'user.a': '31' });
    expect(fact('attribute-on-old', 'old/attr')?.xattrs).toBeUndefined();
    expect(fact('attribute-on-old', 'old/dir')?.xattrs).toEqual({ 'user.d': '32' });
  });

  it("the root's own mode is kept", () => {
    expect(facts('root-mode')).toEqual([expect.objectContaining({ path: '', type: 'directory', mode: 0o711 })]);
  });
});
