import { isFirekilnError } from '../../base/errors/firekiln-error.ts';
import type { Cursor } from './cursor.ts';
import { expansionError } from './expansion-error.ts';
import { takeName } from './names.ts';
import { replaceAll, replaceFirst, trimPrefix, trimSuffix } from './pattern-operators.ts';
import type { StepCounter } from './shell-pattern.ts';

/** What reading a `${...}` needs of the expansion that it is part of. */
export interface SubstitutionReader {
  readonly cursor: Cursor;
  readonly keepUnset: boolean;
  readonly countSteps: StepCounter;
  lookUp(name: string): string | undefined;
  /** The text up to the given character, expanded. */
  readOperand(end: string, options: { readonly keepEscapes: boolean; readonly isPattern: boolean }): string;
}

/** The value of a substitution; the cursor stands behind its `${`. */
export function expandSubstitution(reader: SubstitutionReader): string {
  const { cursor } = reader;
  const first = cursor.peek();
  if (first === '') throw notClosed('}');
  if (first === '{' || first === '}' || first === ':') {
    throw expansionError(`\${${first} is no substitution; expected the name of a variable after \${`);
  }
  const name = takeName(cursor);
  const operator = cursor.next();
  switch (operator) {
    case '}':
      return reader.lookUp(name) ?? (reader.keepUnset ? `\${${name}}` : '');
    case '/':
      return expandReplacement(reader, name);
    case ':': {
      const second = cursor.next();
      if (second === '#' || second === '%') throw unknownModifier(`:${second}`);
      return expandOperator(reader, name, second, true);
    }
    case '+':
    case '-':
    case '?':
    case '#':
    case '%':
      return expandOperator(reader, name, operator, false);
    default:
      throw operator === '' ? notClosed('}') : unknownModifier(operator);
  }
}

function expandOperator(reader: SubstitutionReader, name: string, operator: string, emptyIsUnset: boolean): string {
  const isPattern = operator === '#' || operator === '%';
  const operand = readOperand(reader, '}', isPattern, isPattern);
  const value = reader.lookUp(name);
  if (value === undefined && reader.keepUnset) return `\${${name}${emptyIsUnset ? ':' : ''}${operator}${operand}}`;
  const isUnset = value === undefined || (emptyIsUnset && value === '');
  switch (operator) {
    case '-':
      return isUnset ? operand : value;
    case '+':
      return isUnset ? '' : operand;
    case '?':
      if (!isUnset) return value;
      throw expansionError(`${name}: ${operand || `is not allowed to be ${value === undefined ? 'unset' : 'empty'}`}`);
    case '#':
    case '%': {
      const greedy = operand.startsWith(operator);
      const pattern = greedy ? operand.slice(1) : operand;
      return (operator === '#' ? trimPrefix : trimSuffix)(pattern, value ?? '', greedy, reader.countSteps);
    }
    default:
      throw unknownModifier(`${emptyIsUnset ? ':' : ''}${operator}`);
  }
}

function expandReplacement(reader: SubstitutionReader, name: string): string {
  const all = reader.cursor.peek() === '/';
  if (all) reader.cursor.next();
  const pattern = readOperand(reader, '/', true, true);
  const replacement = readOperand(reader, '}', true, false);
  const value = reader.lookUp(name);
  if (value === undefined && reader.keepUnset) return `\${${name}/${pattern}/${replacement}}`;
  return (all ? replaceAll : replaceFirst)(pattern, value ?? '', replacement, reader.countSteps);
}

/** When the word ends within an operand, whatever was wrong there, what is missing is the end of the substitution. */
function readOperand(reader: SubstitutionReader, end: string, keepEscapes: boolean, isPattern: boolean): string {
  try {
    return reader.readOperand(end, { keepEscapes, isPattern });
  } catch (error) {
    if (isFirekilnError(error, 'DOCKERFILE_EXPANSION') && reader.cursor.peek() === '') throw notClosed(end);
    throw error;
  }
}

function notClosed(end: string): Error {
  return expansionError(`a substitution is not closed; expected ${end}`, `Write \${NAME} or \${NAME:-default}.`);
}

function unknownModifier(modifier: string): Error {
  return expansionError(
    `a substitution has the unknown modifier ${JSON.stringify(modifier)}; expected one of - :- + :+ ? :? # ## % %% / //`,
  );
}
