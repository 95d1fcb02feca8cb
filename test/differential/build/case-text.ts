import type { BuildCase, CaseFile } from '../../support/build-corpus.ts';
import type { Difference } from './compare-outcomes.ts';

/** A case for a person to read. */
export function caseText({ dockerfile, context, namedContexts, target, buildArgs }: BuildCase): string {
  return [
    ...dockerfile
      .toString()
      .trimEnd()
      .split('\n')
      .map((line, at) => `${String(at + 1).padStart(3)} | ${line}`),
    ...(target === undefined ? [] : [`target ${target}`]),
    ...Object.entries(buildArgs).map(([name, value]) => `build argument ${name}=${value}`),
    ...filesText('context', context),
    ...Object.entries(namedContexts).flatMap(([name, files]) => filesText(name, files)),
  ].join('\n');
}

function filesText(name: string, files: BuildCase['context'] | string): string[] {
  if (typeof files === 'string') return [`${name}: ${files}`];
  if ('folder' in files) return [`${name}: ${files.folder}`];
  return files.map((file) => `${name}: ${fileText(file)}`);
}

function fileText({ path, mode, ...rest }: CaseFile): string {
  const shown = JSON.stringify(rest);
  return `${path} ${mode ?? ''} ${shown.length > 300 ? `${shown.slice(0, 300)}...` : shown}`;
}

export function differenceText({ what, ours, theirs }: Difference): string {
  return `${what}\n  Firekiln: ${JSON.stringify(ours)}\n  BuildKit: ${JSON.stringify(theirs)}`;
}
