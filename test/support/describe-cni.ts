import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe } from 'vitest';
import { pluginFolder } from './cni-host.ts';
import { describeWithTools } from './tools.ts';

/** A suite with the real CNI plugins, on bridges of its own; skipped with one line where that is not possible. */
export function describeCni(title: string, suite: () => void): void {
  const why =
    process.getuid?.() !== 0
      ? 'needs root'
      : existsSync(join(pluginFolder, 'bridge'))
        ? undefined
        : `no plugins in ${pluginFolder}`;
  if (why === undefined || (process.env.CI === 'true' && why !== 'needs root')) {
    describeWithTools(['ip', 'tc', 'nsenter', 'unshare', 'iptables', 'python3'], title, suite);
    return;
  }
  console.warn(`skipped: ${title}: ${why}`);
  describe.skip(title, suite);
}
