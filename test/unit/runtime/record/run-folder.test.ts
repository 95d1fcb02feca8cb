import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { makeRunFolder } from '../../../../src/runtime/record/run-folder.ts';
import { useTemporaryFolder } from '../../../support/temporary-folder.ts';

const temporary = useTemporaryFolder();
const isRoot = false;

describe('makeRunFolder for an ordinary user', () => {
  it('is private, and below XDG_RUNTIME_DIR', async () => {
    const env = { XDG_RUNTIME_DIR: temporary.path };
    const path = await makeRunFolder({ dataDir: '/nowhere', id: 'a'.repeat(12), env, isRoot });
    expect(path).toBe(join(temporary.path, 'firekiln', 'a'.repeat(12)));
    expect((await stat(path)).mode & 0o777).toBe(0o700);
  });

  it('goes elsewhere where paths of sockets would be too long', async () => {
    const long = join(temporary.path, 'x'.repeat(80));
    const path = await makeRunFolder({
      dataDir: temporary.path,
      id: 'b'.repeat(12),
      env: { XDG_RUNTIME_DIR: long },
      isRoot,
    });
    expect(path).toBe(join(temporary.path, 'run', 'b'.repeat(12)));
  });
});
