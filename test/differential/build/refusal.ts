import type { Refused } from './outcome.ts';

/** What `buildctl build` says of a failure: the excerpt of the Dockerfile, in which `>>>` marks lines, and the error. */
export function refusalOf(stderr: string): Refused {
  const lines = [...stderr.matchAll(/^ *(\d+) \| >>>/gm)].map((match) => Number(match[1]));
  const at = stderr.lastIndexOf('error: ');
  if (at === -1) throw new Error(`buildctl failed without an error:\n${stderr.slice(-2000)}`);
  return { failed: true, lines, message: stderr.slice(at + 'error: '.length).trim() };
}
