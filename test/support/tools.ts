import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { describe } from 'vitest';

/** The program on PATH or where Debian keeps administration tools; undefined if it is not installed. */
export function findTool(name: string): string | undefined {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/local/sbin', '/usr/sbin', '/sbin'];
  return folders
    .map((folder) => join(folder, name))
    .find((path) => {
      try {
        accessSync(path, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}

/**
 * `describe` for suites that need programs of Debian packages (scripts/ci-packages.txt): without them it skips with
 * one line, but fails where CI=true.
 */
export function describeWithTools(tools: readonly string[], title: string, suite: () => void): void {
  const missing = tools.filter((tool) => findTool(tool) === undefined);
  if (missing.length === 0 || process.env.CI === 'true') {
    describe(title, suite);
    return;
  }
  console.warn(`skipped: ${title}: not installed: ${missing.join(', ')}`);
  describe.skip(title, suite);
}
