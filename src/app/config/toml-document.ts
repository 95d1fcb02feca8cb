import { FirekilnError } from '../../base/errors/firekiln-error.ts';
import { keyLines } from './key-lines.ts';

/** A TOML text whose faults can be shown at their place. */
export interface TomlDocument {
  readonly file: string;
  readonly root: unknown;
  /** CONFIG_INVALID at the line of a key, or at the nearest that encloses it. */
  fail(path: readonly string[], message: string, hint?: string): FirekilnError;
}

/** Throws CONFIG_INVALID with the place of the fault. */
export async function parseToml(text: string, file: string): Promise<TomlDocument> {
  const at = (line: number | undefined, message: string, hint?: string, column?: number): FirekilnError => {
    const place = line === undefined ? file : `${file}:${line}`;
    const range = {
      startLine: line ?? 1,
      endLine: line ?? 1,
      ...(column === undefined ? {} : { startColumn: column }),
    };
    return new FirekilnError('CONFIG_INVALID', `${place}: ${message}`, {
      hint,
      ...(line === undefined ? {} : { source: { file, text, ranges: [range] } }),
    });
  };
  const { parse, TomlError } = await import('smol-toml');
  let root: unknown;
  try {
    root = parse(text);
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    const [first = ''] = error.message.split('\n');
    throw at(error.line, first.replace('Invalid TOML document: ', ''), undefined, error.column);
  }
  const lineOf = keyLines(text);
  return { file, root, fail: (path, message, hint) => at(lineOf(path), message, hint) };
}
