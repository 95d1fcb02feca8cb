import { isFirekilnError } from '../../base/errors/firekiln-error.ts';
import type { SourceRange } from '../../base/errors/source-excerpt.ts';
import { skipSpace, trimSpace } from '../../base/white-space.ts';
import { maxDockerfileBytes, maxInstructionLength, maxInstructions, maxLineBytes, maxWords } from '../limits.ts';
import { continuationAt } from './continuation.ts';
import { type DirectiveScanner, scanDirectives } from './directives.ts';
import { fault } from './fault.ts';
import { announcedHeredocs, canHaveHeredocs } from './heredoc-announcements.ts';
import { readHeredoc } from './heredoc-body.ts';
import type { HeredocWord } from './heredoc-word.ts';
import { type LineReader, type PhysicalLine, readLines, withoutReturns } from './line-reader.ts';
import { LogicalLine } from './logical-line.ts';
import { parseInstruction } from './parse-instruction.ts';
import type { Directive, DockerfileTree, EscapeCharacter, InstructionNode, SourceText } from './tree.ts';
import { rangeOfWords } from './words-at-fault.ts';

/**
 * Parses a Dockerfile to the grammar of BuildKit's parser: lines to instructions, instructions to words. What the words
 * mean is not looked at. Throws a FirekilnError that blames the lines that BuildKit blames.
 */
export function parseDockerfile(given: SourceText): DockerfileTree {
  const source = { file: given.file, text: given.text.replace(/^\ufeff/, '') };
  if (source.text.length > maxDockerfileBytes) {
    throw fault(
      'LIMIT_EXCEEDED',
      `${source.file} is larger than ${maxDockerfileBytes} bytes`,
      { file: source.file, text: '' },
      onLine(1),
    );
  }
  return new Parser(source).parse();
}

class Parser {
  readonly #source: SourceText;
  readonly #reader: LineReader;
  readonly #scanner: DirectiveScanner = scanDirectives();
  readonly #directives: Directive[] = [];
  readonly #instructions: InstructionNode[] = [];
  readonly #emptyContinuations: SourceRange[] = [];
  #escape: EscapeCharacter = '\\';
  #wordsLeft = maxWords;
  #comments: string[] = [];

  constructor(source: SourceText) {
    this.#source = source;
    this.#reader = readLines(source.text);
  }

  parse(): DockerfileTree {
    for (let line = this.#reader.next(); line !== undefined; line = this.#reader.next()) this.#parseFrom(line);
    if (this.#reader.stoppedAtLongLine) this.#refuseLongLine();
    if (this.#instructions.length === 0) {
      throw fault(
        'DOCKERFILE_SYNTAX',
        `${this.#source.file} has no instructions; expected at least FROM`,
        this.#source,
        onLine(Math.max(1, this.#reader.count)),
      );
    }
    return {
      source: this.#source,
      escape: this.#escape,
      directives: this.#directives,
      instructions: this.#instructions,
      emptyContinuations: this.#emptyContinuations,
    };
  }

  /** An instruction that starts on this line, or a comment, directive or empty line. */
  #parseFrom(first: PhysicalLine): void {
    const whole = withoutReturns(first.text);
    const start = skipSpace(whole, 0);
    const text = whole.slice(start);
    if (text.startsWith('#')) {
      this.#readComment(first, text);
      return;
    }
    this.#scanner.scan(text);
    if (text === '') return;
    const line = this.#joinLines(text, first.number, start + 1);
    if (this.#instructions.length >= maxInstructions) this.#refuseMoreInstructions(first.number);
    const blamed = { startLine: first.number, endLine: this.#reader.count };
    const node = parseInstruction(line, {
      escape: this.#escape,
      source: this.#source,
      blamed,
      comments: this.#comments,
      wordsLeft: this.#wordsLeft,
    });
    this.#wordsLeft -= wordsOf(node);
    this.#comments = [];
    this.#instructions.push(this.#withHeredocs(node, line, blamed));
  }

  #readComment(line: PhysicalLine, text: string): void {
    const found = this.#scanner.scan(text);
    if (found.kind === 'repeated') this.#refuseRepeatedDirective(found.name, line.number);
    if (found.kind === 'directive') {
      const column = skipSpace(line.text, 0) + found.valueAt + 1;
      const range = rangeOnLine(line.number, column, found.value.length);
      if (found.name === 'escape') this.#escape = this.#escapeFrom(found.value, range);
      this.#directives.push({ name: found.name, value: found.value, range });
      return;
    }
    // One character is cut off even where blanks stand before the `#`: BuildKit does so, and checks see such comments.
    const comment = trimSpace(line.text.slice(1));
    if (comment === '') this.#comments = [];
    else this.#comments.push(comment);
  }

  #joinLines(text: string, number: number, column: number): LogicalLine {
    const line = new LogicalLine(column);
    let at = continuationAt(text, this.#escape);
    line.add(text.slice(0, at), number);
    let hasEmptyLine = false;
    while (at !== undefined) {
      const next = this.#reader.next();
      if (next === undefined) break;
      const content = withoutReturns(next.text);
      const contentStart = skipSpace(content, 0);
      if (content[contentStart] === '#') continue;
      if (contentStart === content.length) {
        hasEmptyLine = true;
        continue;
      }
      at = continuationAt(content, this.#escape);
      line.add(content.slice(0, at), next.number);
      if (line.text.length > maxInstructionLength) this.#refuseLongInstruction(number);
    }
    if (hasEmptyLine) this.#emptyContinuations.push(onLine(this.#reader.count));
    return line;
  }

  #withHeredocs(node: InstructionNode, line: LogicalLine, blamed: SourceRange): InstructionNode {
    const announced = canHaveHeredocs(node) ? this.#announcedBy(line, node, blamed) : [];
    const heredocs = announced.map((word) => readHeredoc(word, this.#reader, { source: this.#source, blamed, node }));
    const range = widen(node.range, blamed.startLine, this.#reader.last);
    return { ...node, heredocs, range };
  }

  #announcedBy(line: LogicalLine, node: InstructionNode, blamed: SourceRange): HeredocWord[] {
    try {
      return announcedHeredocs(line.text);
    } catch (error) {
      if (!isFirekilnError(error)) throw error;
      const focus = rangeOfWords(this.#source.text, node, error.about);
      throw error.withSource({ ...this.#source, ranges: [blamed], focus });
    }
  }

  #escapeFrom(value: string, focus: SourceRange): EscapeCharacter {
    if (value === '\\' || value === '`') return value;
    throw fault(
      'DOCKERFILE_SYNTAX',
      `the escape directive has the value ${JSON.stringify(value)}; expected \\ or \``,
      this.#source,
      onLine(Math.max(1, focus.startLine - 1)),
      { focus },
    );
  }

  #refuseRepeatedDirective(name: string, line: number): never {
    throw fault(
      'DOCKERFILE_SYNTAX',
      `line ${line} has a second ${name} directive; only one can be used`,
      this.#source,
      onLine(line - 1),
      { focus: onLine(line) },
    );
  }

  #refuseLongLine(): never {
    const line = this.#reader.count + 1;
    throw fault(
      'DOCKERFILE_SYNTAX',
      `line ${line} is longer than ${maxLineBytes} bytes, the most that a line may have`,
      this.#source,
      onLine(Math.max(1, line - 1)),
      { focus: onLine(line), hint: 'Break the line with a continuation, or put the data into a file of the context.' },
    );
  }

  #refuseLongInstruction(line: number): never {
    throw fault(
      'LIMIT_EXCEEDED',
      `an instruction has more than ${maxInstructionLength} characters, its continuations included`,
      this.#source,
      onLine(line),
      { hint: 'Split it in several, or put the data into a file of the context.' },
    );
  }

  #refuseMoreInstructions(line: number): never {
    throw fault(
      'LIMIT_EXCEEDED',
      `${this.#source.file} has more than ${maxInstructions} instructions`,
      this.#source,
      onLine(line),
    );
  }
}

function wordsOf({ flags, args, trigger }: InstructionNode): number {
  return flags.length + args.length + (trigger === undefined ? 0 : wordsOf(trigger));
}

function onLine(line: number): SourceRange {
  return { startLine: line, endLine: line };
}

function rangeOnLine(line: number, startColumn: number, length: number): SourceRange {
  return { startLine: line, endLine: line, startColumn, endColumn: startColumn + length - 1 };
}

/** Lines before the keyword that only continue, comments and empty lines after it belong to the instruction. */
function widen(range: SourceRange, startLine: number, last: PhysicalLine | undefined): SourceRange {
  const startColumn = startLine < range.startLine ? 1 : (range.startColumn ?? 1);
  if (last === undefined || last.number === range.endLine) return { ...range, startLine, startColumn };
  const endColumn = Math.max(1, withoutReturns(last.text).length);
  return { startLine, startColumn, endLine: last.number, endColumn };
}
