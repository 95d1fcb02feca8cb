import { expect, it } from 'vitest';
import type { GitReference } from '../../../src/formats/locator/git-reference.ts';
import { openBuildBed } from '../../support/build-bed.ts';
import { useTemporaryFolder } from '../../support/temporary-folder.ts';

const folder = useTemporaryFolder();
const args = (all: Readonly<Record<string, string>>) => ({ buildArgs: new Map(Object.entries(all)) });

it('BUILDKIT_SANDBOX_HOSTNAME names the host of steps', async () => {
  await using bed = await openBuildBed(folder.path);
  const text = 'FROM scratch\nRUN nothing\n';
  await bed.buildText(text);
  await bed.buildText(text, {}, args({ BUILDKIT_SANDBOX_HOSTNAME: 'mine' }));
  expect(bed.executor.requests.map(({ steps }) => steps[0]?.hostname)).toEqual(['buildkitsandbox', 'mine']);
});

it('BUILDKIT_CACHE_MOUNT_NS keeps cache mounts apart', async () => {
  await using bed = await openBuildBed(folder.path);
  const text =
    'FROM scratch\nRUN --mount=type=cache,target=/c nothing\nRUN --mount=type=cache,id=x,target=/d nothing\n';
  await bed.buildText(text);
  await bed.buildText(text, {}, args({ BUILDKIT_CACHE_MOUNT_NS: 'ours' }));
  const mounts = await bed.store.cacheMounts.list();
  expect(mounts.map(({ id }) => id).sort()).toEqual(['/c', 'ours//c', 'ours/x', 'x']);
});

it('BUILDKIT_CONTEXT_KEEP_GIT_DIR keeps .git of the main context', async () => {
  await using bed = await openBuildBed(folder.path);
  const wanted: (boolean | undefined)[] = [];
  const sources = {
    folder: () => {
      throw new Error('no files here');
    },
    git: async ({ keepGitDir }: GitReference) => {
      wanted.push(keepGitDir);
      return await Promise.reject(new Error('no git here'));
    },
    http: async () => await Promise.reject(new Error('no http here')),
  };
  for (const value of ['1', 'true', '0', 'maybe', '']) {
    const request = { context: 'https://host/repo.git', ...args({ BUILDKIT_CONTEXT_KEEP_GIT_DIR: value }) };
    await expect(bed.build(request, { sources })).rejects.toThrow('no git here');
  }
  expect(wanted).toEqual([true, true, undefined, undefined, undefined]);
});
