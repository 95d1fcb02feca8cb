import { execFileSync } from 'node:child_process';
import { symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { findLocalDockerfile } from '../../../../src/frontend/source/read-local-dockerfile.ts';
import { useTemporaryFolder } from '../../../support/temporary-folder.ts';

const folder = useTemporaryFolder();
const find = async (named?: string) => {
  const { signal } = new AbortController();
  return await findLocalDockerfile({ cwd: folder.path, folder: '.', named, signal });
};

it('says what a Dockerfile is that can not be read', async () => {
  await symlink('Dockerfile', join(folder.path, 'Dockerfile'));
  execFileSync('mkfifo', [join(folder.path, 'pipe')]);
  await expect(find()).rejects.toMatchObject({
    code: 'DOCKERFILE_MISSING',
    message: 'the Dockerfile Dockerfile is a symbolic link that leads back to itself',
  });
  await expect(find('pipe')).rejects.toMatchObject({ message: 'the Dockerfile pipe is a named pipe' });
  await expect(find('.')).rejects.toMatchObject({ message: 'the Dockerfile . is a folder' });
});
