import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { byteStringFromText } from '../../base/byte-string.ts';
import { type CpioEntry, writeCpio } from '../../formats/cpio/cpio.ts';

/** The folder `guest` of the checkout or the installed package; `FIREKILN_GUEST_DIR` names another. */
function guestFolder(): string {
  const named = process.env.FIREKILN_GUEST_DIR;
  if (named !== undefined && named !== '') return named;
  // This file lies in src/setup/appliance of a checkout, or in dist or dist/chunks of a package.
  for (let folder = dirname(fileURLToPath(import.meta.url)); folder !== dirname(folder); folder = dirname(folder)) {
    const candidate = join(folder, 'guest');
    if (existsSync(join(candidate, 'init')) && existsSync(join(folder, 'package.json'))) return candidate;
  }
  throw new Error('the folder guest of Firekiln is missing; install Firekiln again');
}

/** The guest's scripts as a cpio archive: what lies in `guest/` lies in `/firekiln/`, everything with mode 0755. */
export function writeGuestScripts(folder: string = guestFolder()): Buffer {
  const entry = (path: string, content: CpioEntry['content']): CpioEntry => ({
    path: byteStringFromText(path),
    mode: 0o755,
    content,
  });
  const entries = [entry('firekiln', { kind: 'directory' })];
  const found = readdirSync(folder, { recursive: true, withFileTypes: true });
  const byPath = found.map((one) => ({ path: join(one.parentPath, one.name), one }));
  byPath.sort((a, b) => (a.path < b.path ? -1 : 1));
  for (const { path, one } of byPath) {
    const target = `firekiln/${path.slice(folder.length + 1)}`;
    if (one.isDirectory()) entries.push(entry(target, { kind: 'directory' }));
    else if (one.isFile()) entries.push(entry(target, { kind: 'file', data: readFileSync(path) }));
  }
  return writeCpio(entries);
}
