import { isSpace } from '../../base/white-space.ts';

const mayHaveSpace = /[\s\u0085]/;

/** The word in progress; one for all nesting levels of an expansion, since a substitution within a word clears it. */
export interface WordBuffer {
  text: string;
}

/** Collects characters into words: white space ends a word, unless it comes from quotes or an escape. */
export interface WordSplitter {
  /** Text in which white space separates. */
  add(text: string): void;
  /** Text that belongs to the word whatever it is. */
  addRaw(text: string): void;
  finish(): string[];
}

export function createWordSplitter(buffer: WordBuffer): WordSplitter {
  buffer.text = '';
  const words: string[] = [];
  let inWord = false;
  const addOne = (char: string): void => {
    if (!isSpace(char.charCodeAt(0))) {
      buffer.text += char;
      inWord = true;
    } else if (inWord && buffer.text !== '') {
      words.push(buffer.text);
      buffer.text = '';
      inWord = false;
    }
  };
  return {
    add(text) {
      if (!mayHaveSpace.test(text)) {
        buffer.text += text;
        inWord ||= text !== '';
        return;
      }
      for (const char of text) addOne(char);
    },
    addRaw(text) {
      buffer.text += text;
      inWord = true;
    },
    finish() {
      if (buffer.text !== '') words.push(buffer.text);
      buffer.text = '';
      inWord = false;
      return words;
    },
  };
}
