import { closeSync, openSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { tryLock } from 'fs-native-extensions';
import { describe, expect, it } from 'vitest';
import { openStore } from '../../../src/store/open-store.ts';
import { useTemporaryFolder } from '../../support/temporary-folder.ts';

const folder = useTemporaryFolder();
const sessionsOfEnoughLuck = 300;

describe('a session', () => {
  it('is never seen with a free lock while it lives, not even while it begins', async () => {
    let looks = 0;
    const seenFree: string[] = [];
    for (let i = 0; i < sessionsOfEnoughLuck; i++) {
      await using store = await openStore({ dataDir: folder.path });
      const sessions = join(store.root, 'sessions');
      const begun = new AbortController();
      const lease = store.lease('begin').finally(() => begun.abort());
      while (!begun.signal.aborted) {
        for (const name of readdirSync(sessions)) {
          if (!name.endsWith('.lock')) continue;
          looks++;
          if (isFree(join(sessions, name))) seenFree.push(name);
        }
        await new Promise((resolve) => setImmediate(resolve));
      }
      await (await lease)[Symbol.asyncDispose]();
    }
    expect(looks).toBeGreaterThan(sessionsOfEnoughLuck);
    expect(seenFree).toEqual([]);
  });
});

function isFree(path: string): boolean {
  const fd = openSync(path, 'r+');
  try {
    return tryLock(fd, 0, 0);
  } finally {
    closeSync(fd);
  }
}
