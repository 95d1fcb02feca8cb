import type { EventBody } from '../base/events.ts';
import { printable } from './printable.ts';

type Warning = Extract<EventBody, { readonly event: 'build.warning' }>;

/** A finding of a build check in one line: the rule, what is wrong, where, and the page that explains the rule. */
export function warningLine({ rule, text, file, line, url }: Warning): string {
  const place = line === undefined ? file : `${file}:${line}`;
  const page = url === undefined ? '' : `, see ${url}`;
  return printable(`warning: ${rule}: ${text} (${place}${page})`);
}
