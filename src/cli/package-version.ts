import { readFileSync } from 'node:fs';

declare const FIREKILN_VERSION: string | undefined;

/** The version in package.json; the bundler puts it in as a constant. */
export function packageVersion(): string {
  if (typeof FIREKILN_VERSION === 'string') return FIREKILN_VERSION;
  const file: unknown = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  if (typeof file === 'object' && file !== null && 'version' in file && typeof file.version === 'string') {
    return file.version;
  }
  throw new Error('package.json has no version');
}
