import type { KeyParts } from '../../solver/op.ts';
import type { ContentDigest } from './content-digest.ts';

/** What some content adds to a key: its digest, and those of its paths, so that `--explain` can name what changed. */
export function contentParts(name: string, { digest, paths }: ContentDigest): KeyParts {
  const parts: Record<string, string> = { [name]: digest };
  // A single path has nothing to add.
  if (paths.size > 1) for (const [path, one] of paths) parts[`${name}: /${path}`] = one;
  return parts;
}
