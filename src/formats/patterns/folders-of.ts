import { cleanPath } from './clean-path.ts';

/** The folders that a path is in, outermost first, as moby's pattern matcher takes them; none for a bare name. */
export function foldersOf(path: string): string[] {
  const slash = path.lastIndexOf('/');
  const folder = slash < 0 ? '.' : cleanPath(path.slice(0, slash + 1));
  if (folder === '.') return [];
  const parts = folder.split('/');
  return parts.map((_, index) => parts.slice(0, index + 1).join('/'));
}

/** True for a path without empty parts, `.` and `..`, which is relative. */
export function isCleanRelative(path: string): boolean {
  if (path === '' || path.startsWith('/') || path.endsWith('/')) return false;
  if (!path.includes('//') && !path.includes('./') && !path.endsWith('.')) return true;
  return path !== '.' && cleanPath(path) === path && path !== '..' && !path.startsWith('../');
}
