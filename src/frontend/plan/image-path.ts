import { posix } from 'node:path';

/** Nothing to clean: no empty part, and none that starts with a dot. */
const cleanAbsolute = /^(?:\/[^/.][^/]*)+$/;

/** A path of an image, relative ones against `folder`: absolute, clean, never above the root. */
export function joinPath(folder: string, path: string): string {
  const whole = path.startsWith('/') ? path : `${folder}/${path}`;
  if (cleanAbsolute.test(whole)) return whole;
  const joined = posix.join('/', whole);
  return joined.length > 1 && joined.endsWith('/') ? joined.slice(0, -1) : joined;
}

/** As {@link joinPath}, but a slash at the end, or `/.`, stays: it says that the path is a folder. */
export function joinDestination(folder: string, path: string): string {
  const asked = path === '' || path === '.' ? './' : path;
  const joined = joinPath(folder, asked);
  if (joined === '/') return joined;
  if (asked.endsWith('/.')) return `${joined}/.`;
  return asked.endsWith('/') ? `${joined}/` : joined;
}
