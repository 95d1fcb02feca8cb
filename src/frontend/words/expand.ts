import { aboutWords, FirekilnError } from '../../base/errors/firekiln-error.ts';
import { maxExpansionDepth, maxExpansionWork } from '../limits.ts';
import { Cursor } from './cursor.ts';
import type { ExpandOptions } from './expand-options.ts';
import { type Expansion, expandSimply } from './expand-simply.ts';
import { maxLengthFor, tooLong } from './expanded-length.ts';
import { expansionError } from './expansion-error.ts';
import { takeName } from './names.ts';
import type { StepCounter } from './shell-pattern.ts';
import { expandSubstitution, type SubstitutionReader } from './substitution.ts';
import type { Variables } from './variables.ts';
import { createWordSplitter, type WordBuffer } from './word-splitter.ts';

/**
 * One word with its variables replaced and its quotes and escapes taken away, as BuildKit's shell lexer does it. Throws
 * DOCKERFILE_EXPANSION or, at a ceiling, LIMIT_EXCEEDED; neither has a place.
 */
export function expandWord(word: string, variables: Variables, options: ExpandOptions): Expansion {
  const simply = expandSimply(word, variables, options);
  if (simply !== undefined) return simply;
  const expander = new Expander(word, variables, options, false);
  const { text } = aboutWords([word], () => expander.expandAll());
  return { text, matched: expander.matched, unmatched: expander.unmatched };
}

/** As {@link expandWord}, and split at the white space that is in the text then, quoted white space excepted. */
export function expandToWords(text: string, variables: Variables, options: ExpandOptions): string[] {
  return aboutWords([text], () => new Expander(text, variables, options, true).expandAll().words);
}

/** Characters that mean nothing anywhere. */
const plainRun = /[^$<'"\\`}/]+/y;
const plainRunInQuotes = /[^$"'\\`]+/y;

interface Stop {
  /** The character that ends the text; empty for the end of the word. */
  readonly at: string;
  readonly keepEscapes: boolean;
  /** The text is a pattern: escape characters within quotes are doubled, so that they stay literal. */
  readonly isPattern: boolean;
}

class Expander implements SubstitutionReader {
  readonly matched = new Set<string>();
  readonly unmatched = new Set<string>();
  readonly cursor: Cursor;
  readonly keepUnset: boolean;
  readonly countSteps: StepCounter;
  readonly #word: string;
  readonly #variables: Variables;
  readonly #options: ExpandOptions;
  /** Undefined where no words are asked for. */
  readonly #buffer: WordBuffer | undefined;
  #keepEscapes: boolean;
  readonly #maxLength: number;
  #depth = 0;
  #work = 0;

  constructor(word: string, variables: Variables, options: ExpandOptions, wantsWords: boolean) {
    this.#buffer = wantsWords ? { text: '' } : undefined;
    this.cursor = new Cursor(word);
    this.keepUnset = options.keepUnset ?? false;
    this.countSteps = (steps) => options.budget?.search(steps);
    this.#word = word;
    this.#variables = variables;
    this.#options = options;
    this.#keepEscapes = options.keepEscapes ?? false;
    this.#maxLength = maxLengthFor(word);
  }

  expandAll(): { text: string; words: string[] } {
    const result = this.#readUntil({ at: '', keepEscapes: this.#keepEscapes, isPattern: false });
    this.#options.budget?.spend(result.text.length);
    return result;
  }

  lookUp(name: string): string | undefined {
    const value = this.#variables.get(name);
    (value === undefined ? this.unmatched : this.matched).add(name);
    return value;
  }

  readOperand(end: string, { keepEscapes, isPattern }: { keepEscapes: boolean; isPattern: boolean }): string {
    if (++this.#depth > maxExpansionDepth) {
      throw new FirekilnError('LIMIT_EXCEEDED', `substitutions are nested more than ${maxExpansionDepth} deep`);
    }
    const { text } = this.#readUntil({ at: end, keepEscapes, isPattern });
    this.#depth--;
    return text;
  }

  #readUntil(stop: Stop): { text: string; words: string[] } {
    const outerKeepEscapes = this.#keepEscapes;
    this.#keepEscapes = stop.keepEscapes;
    const words = this.#buffer === undefined ? undefined : createWordSplitter(this.#buffer);
    let text = '';
    for (let char = this.cursor.peek(); char !== ''; char = this.cursor.peek()) {
      const run = this.cursor.takeRun(plainRun);
      if (run !== '') {
        text += run;
        words?.add(run);
        continue;
      }
      if (char === stop.at) {
        this.cursor.next();
        this.#keepEscapes = outerKeepEscapes;
        return { text, words: words?.finish() ?? [] };
      }
      if (char === '$') {
        const value = this.#readDollar();
        this.#spendWork(value.length);
        text += value;
        words?.add(value);
      } else if (this.#isSpecial(char)) {
        const taken = char === '<' ? this.#readHeredocSign() : this.#readQuoted(char, stop.isPattern);
        text += taken;
        words?.addRaw(taken);
      } else if (char === this.#options.escape) {
        this.cursor.next();
        const escaped = (this.#keepEscapes ? char : '') + this.cursor.next();
        text += escaped;
        if (escaped !== '') words?.addRaw(escaped);
      } else {
        this.cursor.next();
        text += char;
        words?.add(char);
      }
      this.#checkLength(text);
    }
    if (stop.at !== '') throw expansionError(`${this.#shown()} ends before the ${stop.at} that closes a substitution`);
    return { text, words: words?.finish() ?? [] };
  }

  /** Runs `work`; its errors are about what it has read of the word until then. */
  #aboutRestFrom<T>(start: number, work: () => T): T {
    return aboutWords(() => [this.#word.slice(start, this.cursor.offset)], work);
  }

  #isSpecial(char: string): boolean {
    return char === '<' || (!this.#options.ignoreQuotes && (char === "'" || char === '"'));
  }

  #readDollar(): string {
    const start = this.cursor.offset;
    this.cursor.next();
    if (this.cursor.peek() === '{') {
      this.cursor.next();
      return this.#aboutRestFrom(start, () => expandSubstitution(this));
    }
    const name = takeName(this.cursor);
    if (name === '') return '$';
    return this.lookUp(name) ?? (this.keepUnset ? `$${name}` : '');
  }

  /** `<<` with the blanks behind it, which belong to the word that names the end of a here-document. */
  #readHeredocSign(): string {
    let taken = this.cursor.next();
    if (this.cursor.peek() !== '<') return taken;
    taken += this.cursor.next();
    while (['\t', '\r', ' '].includes(this.cursor.peek())) taken += this.cursor.next();
    return taken;
  }

  #readQuoted(quote: string, isPattern: boolean): string {
    const start = this.cursor.offset;
    this.cursor.next();
    const inner = this.#aboutRestFrom(start, () =>
      quote === "'" ? this.#readSingleQuoted(isPattern) : this.#readDoubleQuoted(isPattern),
    );
    return this.#options.keepQuotes ? quote + inner + quote : inner;
  }

  #readSingleQuoted(isPattern: boolean): string {
    let text = '';
    for (;;) {
      text += this.cursor.takeRun(plainRunInQuotes);
      const char = this.cursor.next();
      if (char === "'") return text;
      if (char === '') throw this.#unclosedQuote("'");
      text += isPattern && char === this.#options.escape ? char + char : char;
    }
  }

  #readDoubleQuoted(isPattern: boolean): string {
    let text = '';
    for (;;) {
      text += this.cursor.takeRun(plainRunInQuotes);
      const char = this.cursor.peek();
      if (char === '') throw this.#unclosedQuote('"');
      if (char === '$') text += this.#readDollar();
      else {
        this.cursor.next();
        if (char === '"') return text;
        text += char === this.#options.escape ? this.#readEscapeInQuotes(isPattern) : char;
      }
      this.#checkLength(text);
    }
  }

  /** In double quotes only the quote, the dollar sign and the escape character itself can be escaped. */
  #readEscapeInQuotes(isPattern: boolean): string {
    const { escape: escapeSign, keepQuotes } = this.#options;
    const next = this.cursor.peek();
    if (next === '') return '';
    if (next === '"' || next === '$' || next === escapeSign) {
      return (this.#keepEscapes ? escapeSign : '') + this.cursor.next();
    }
    return this.#keepEscapes && (!keepQuotes || isPattern) ? escapeSign + escapeSign : escapeSign;
  }

  #checkLength(text: string): void {
    if (text.length > this.#maxLength) throw tooLong(this.#maxLength);
  }

  /** Every level of a nested substitution copies what the inner ones gave. */
  #spendWork(length: number): void {
    this.#work += length;
    if (this.#work <= maxExpansionWork) return;
    throw new FirekilnError('LIMIT_EXCEEDED', `expanding a word copies more than ${maxExpansionWork} characters`);
  }

  #unclosedQuote(quote: string): FirekilnError {
    return expansionError(
      `${this.#shown()} has a ${quote} that is not closed`,
      `To mean the character, write \\${quote}.`,
    );
  }

  #shown(): string {
    return JSON.stringify(this.#word.length > 80 ? `${this.#word.slice(0, 80)}...` : this.#word);
  }
}
