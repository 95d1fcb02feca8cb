import { type CodeRange, type CodeSet, codeSet, complement } from './code-set.ts';
import { categorySet, perlSet, posixSet } from './named-sets.ts';
import type { Part } from './syntax.ts';

/**
 * Parses the regular expressions that moby's pattern matcher makes of ignore patterns, in RE2's syntax. Since its
 * characters that group, repeat and choose are escaped there, what is left is: characters, sets, `[^/]*`, `(.*\/)?`,
 * `.*`, anchors and what a backslash of the user stands for. Undefined for a syntax error.
 */
export function parseRegexp(source: string): Part[] | undefined {
  try {
    return new RegexpParser(source).parse();
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

const notNewline = complement([{ low: 10, high: 10 }]);
const folders = '(.*/)?';

class RegexpParser {
  readonly #chars: readonly string[];
  #at = 0;
  /** Between `\Q` and `\E`, or the end, everything stands for itself. */
  #isQuoted = false;

  constructor(source: string) {
    this.#chars = Array.from(source);
  }

  parse(): Part[] {
    const parts: Part[] = [];
    while (this.#at < this.#chars.length) {
      const part = this.#parsePart();
      if (part === undefined) continue;
      if (!this.#isQuoted && this.#peek() === '*' && part.type === 'set') {
        this.#at++;
        parts.push({ type: 'star', set: part.set });
      } else parts.push(part);
    }
    return parts;
  }

  #parsePart(): Part | undefined {
    if (this.#isQuoted) return this.#parseQuoted();
    if (this.#startsWith(folders)) {
      this.#at += folders.length;
      return { type: 'optional-folders' };
    }
    const char = this.#take();
    switch (char) {
      case '^':
        return { type: 'assertion', assertion: 'start' };
      case '$':
        return { type: 'assertion', assertion: 'end' };
      case '.':
        return { type: 'set', set: notNewline };
      case '[':
        return { type: 'set', set: this.#parseSet() };
      case '\\':
        return this.#parseBackslash();
      default:
        return literal(char);
    }
  }

  #parseQuoted(): Part | undefined {
    if (!this.#startsWith('\\E')) return literal(this.#take());
    this.#at += 2;
    this.#isQuoted = false;
    return undefined;
  }

  #parseBackslash(): Part | undefined {
    const char = this.#peek();
    switch (char) {
      case 'A':
      case 'z':
        this.#at++;
        return { type: 'assertion', assertion: char === 'A' ? 'start' : 'end' };
      case 'b':
      case 'B':
        this.#at++;
        return { type: 'assertion', assertion: char === 'b' ? 'word-boundary' : 'no-word-boundary' };
      case 'Q':
        this.#at++;
        this.#isQuoted = true;
        return undefined;
      default:
        return { type: 'set', set: this.#parseNamedSet() ?? one(this.#parseEscape()) };
    }
  }

  #parseSet(): CodeSet {
    const negated = this.#peek() === '^';
    if (negated) this.#at++;
    const ranges: CodeRange[] = [];
    for (let first = true; first || this.#peek() !== ']'; first = false) {
      if (this.#startsWith('[:') && this.#addPosix(ranges)) continue;
      const named = this.#peek() === '\\' ? this.#namedSetAfterBackslash() : undefined;
      if (named !== undefined) {
        ranges.push(...named);
        continue;
      }
      const low = this.#parseSetChar();
      let high = low;
      if (this.#peek() === '-' && this.#chars[this.#at + 1] !== ']' && this.#at + 1 < this.#chars.length) {
        this.#at++;
        high = this.#parseSetChar();
        if (high < low) throw new SyntaxError('range');
      }
      ranges.push({ low, high });
    }
    this.#at++;
    return negated ? complement(codeSet(ranges)) : codeSet(ranges);
  }

  /** False if there is no `:]`, so that the bracket stands for itself. */
  #addPosix(ranges: CodeRange[]): boolean {
    const rest = this.#chars.slice(this.#at + 2).join('');
    const end = rest.indexOf(':]');
    if (end < 0) return false;
    const set = posixSet(rest.slice(0, end));
    if (set === undefined) throw new SyntaxError('class name');
    ranges.push(...set);
    this.#at += 2 + Array.from(rest.slice(0, end)).length + 2;
    return true;
  }

  #namedSetAfterBackslash(): CodeSet | undefined {
    const start = this.#at++;
    const set = this.#parseNamedSet();
    if (set === undefined) this.#at = start;
    return set;
  }

  /** `\d`, `\pL` and the like, from behind the backslash; undefined if it is something else. */
  #parseNamedSet(): CodeSet | undefined {
    const char = this.#peek();
    if (char === 'p' || char === 'P') {
      const set = categorySet(this.#chars[this.#at + 1] ?? '');
      if (set === undefined) throw new SyntaxError('category');
      this.#at += 2;
      return char === 'p' ? set : complement(set);
    }
    const set = /^[dDsSwW]$/.test(char) ? perlSet(char) : undefined;
    if (set !== undefined) this.#at++;
    return set;
  }

  #parseSetChar(): number {
    if (this.#at >= this.#chars.length) throw new SyntaxError('missing ]');
    const char = this.#take();
    return char === '\\' ? this.#parseEscape() : (char.codePointAt(0) ?? 0);
  }

  /** The character that a backslash and what follows stand for. */
  #parseEscape(): number {
    const char = this.#take();
    const control = { a: 7, f: 12, n: 10, r: 13, t: 9, v: 11 }[char];
    if (control !== undefined) return control;
    if (char === 'x') return this.#parseHex();
    if (char === '0' || (/^[1-7]$/.test(char) && /^[0-7]$/.test(this.#peek()))) return this.#parseOctal(char);
    if (/^[\0-\x7f]$/.test(char) && !/^[0-9A-Za-z]$/.test(char)) return char.charCodeAt(0);
    throw new SyntaxError('escape');
  }

  #parseHex(): number {
    const digits = this.#take() + this.#take();
    if (!/^[0-9A-Fa-f]{2}$/.test(digits)) throw new SyntaxError('escape');
    return Number.parseInt(digits, 16);
  }

  #parseOctal(first: string): number {
    let digits = first;
    while (digits.length < 3 && /^[0-7]$/.test(this.#peek())) digits += this.#take();
    return Number.parseInt(digits, 8);
  }

  #peek(): string {
    return this.#chars[this.#at] ?? '';
  }

  #take(): string {
    return this.#chars[this.#at++] ?? '';
  }

  #startsWith(text: string): boolean {
    for (let index = 0; index < text.length; index++) {
      if (this.#chars[this.#at + index] !== text[index]) return false;
    }
    return true;
  }
}

function one(code: number): CodeSet {
  return [{ low: code, high: code }];
}

function literal(char: string): Part {
  return { type: 'set', set: one(char.codePointAt(0) ?? 0) };
}
