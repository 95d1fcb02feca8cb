import type { SourceRange } from '../../base/errors/source-excerpt.ts';
import { fault } from './fault.ts';
import type { HeredocWord } from './heredoc-word.ts';
import { type LineReader, withoutReturns } from './line-reader.ts';
import type { Heredoc, InstructionNode, SourceText } from './tree.ts';
import { rangeOfWords } from './words-at-fault.ts';

export interface Announcement {
  readonly source: SourceText;
  /** The lines of the instruction. */
  readonly blamed: SourceRange;
  readonly node: InstructionNode;
}

/** Reads the lines up to the one that is the name alone. Throws DOCKERFILE_SYNTAX if the text ends before. */
export function readHeredoc(
  announced: HeredocWord,
  reader: LineReader,
  { source, blamed, node }: Announcement,
): Heredoc {
  const startLine = reader.count + 1;
  let start: number | undefined;
  for (let line = reader.next(); line !== undefined; line = reader.next()) {
    const end = withoutReturns(line.text);
    if ((announced.chomp ? withoutLeadingTabs(end) : end) === announced.name) {
      const content = source.text.slice(start ?? line.offset, line.offset);
      return { ...announced, content, range: { startLine, endLine: line.number } };
    }
    start ??= line.offset;
  }
  throw fault(
    'DOCKERFILE_SYNTAX',
    `the here-document <<${announced.name} is not closed; expected a line with ${announced.name} alone`,
    source,
    { startLine: blamed.startLine, endLine: reader.count },
    {
      focus:
        rangeOfWords(source.text, node, [`<<${announced.name}`]) ?? rangeOfWords(source.text, node, [announced.name]),
      hint: announced.chomp ? undefined : 'The closing line must not be indented, except by tabs after <<-.',
    },
  );
}

function withoutLeadingTabs(line: string): string {
  let at = 0;
  while (line[at] === '\t') at++;
  return line.slice(at);
}

/** The body of a `<<-` here-document as its reader gets it: without the tabs at the starts of lines. */
export function chompHeredoc(content: string): string {
  return content.replace(/(^|\n)\t+/g, '$1');
}
