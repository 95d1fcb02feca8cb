import { isSpace } from '../../base/white-space.ts';
import { toLower } from '../text/letter-case.ts';
import type { Directive } from './tree.ts';

export type DirectiveName = Directive['name'];

const names: readonly string[] = ['syntax', 'escape', 'check'] satisfies DirectiveName[];

/** What a line is to {@link DirectiveScanner}: `other` ends the directives for good. */
export type DirectiveLine =
  | { readonly kind: 'directive'; readonly name: DirectiveName; readonly value: string; readonly valueAt: number }
  | { readonly kind: 'repeated'; readonly name: DirectiveName }
  | { readonly kind: 'other' };

export interface DirectiveScanner {
  scan(line: string): DirectiveLine;
}

/** Takes `# name=value` lines until the first line that is none. `prefix` is the comment sign. */
export function scanDirectives(prefix = '#'): DirectiveScanner {
  const seen = new Set<string>();
  let done = false;
  return {
    scan(line) {
      if (done) return { kind: 'other' };
      const found = matchDirective(line, prefix);
      if (found === undefined) {
        done = true;
        return { kind: 'other' };
      }
      if (seen.has(found.name)) return { kind: 'repeated', name: found.name };
      seen.add(found.name);
      return { kind: 'directive', ...found };
    },
  };
}

/** The directive that one line is, wherever it stands. */
export function matchDirective(
  line: string,
  prefix: string,
): { name: DirectiveName; value: string; valueAt: number } | undefined {
  if (!line.startsWith(prefix)) return undefined;
  let at = prefix.length;
  while (at < line.length && isSpace(line.charCodeAt(at))) at++;
  const match = /^([a-zA-Z][a-zA-Z0-9]*)[\t\n\f\r ]*=[\t\n\f\r ]*([^\n]+)$/.exec(line.slice(at));
  const name = toLower(match?.[1] ?? '');
  const raw = match?.[2];
  if (raw === undefined || !isDirectiveName(name)) return undefined;
  const value = raw.length === 1 ? raw : raw[0] + trimEnd(raw.slice(1));
  return { name, value, valueAt: line.length - raw.length };
}

/** White space as `\s` of RE2 has it. */
function trimEnd(text: string): string {
  let end = text.length;
  while (end > 0 && '\t\n\f\r '.includes(text.charAt(end - 1))) end--;
  return text.slice(0, end);
}

function isDirectiveName(name: string): name is DirectiveName {
  return names.includes(name);
}
