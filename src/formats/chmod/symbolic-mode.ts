import { FirekilnError } from '../../base/errors/firekiln-error.ts';

/** A mode change as chmod(1) writes it, `u=rwX,go-w`, parsed; apply it with {@link applySymbolicMode}. */
export type SymbolicMode = readonly Clause[];

interface Clause {
  /** The bits that the clause is about; the sticky bit only where `t` may act. */
  readonly who: number;
  readonly operator: '+' | '-' | '=';
  /** Any of `rwxXstugo`. */
  readonly letters: string;
}

const whoBits: Readonly<Record<string, number>> = { u: 0o4700, g: 0o2070, o: 0o0007, a: 0o6777 };
const permissionBits: Readonly<Record<string, number>> = { r: 0o444, w: 0o222, x: 0o111, s: 0o6000, t: 0o1000 };
const anyExecute = 0o111;

/**
 * POSIX chmod, "symbolic_mode", with a umask of 0, in the BSD reading that BuildKit has: `=` clears setuid and setgid
 * of the classes named on folders too, the sticky bit only where `t` is given, and `s` and `t` for `o` alone do
 * nothing. Throws CHMOD_INVALID, naming the text.
 */
export function parseSymbolicMode(text: string): SymbolicMode {
  return text.split(',').flatMap((part) => parsePart(part, text));
}

/** The permission bits (0 to 0o7777) that the change makes of `mode`. */
export function applySymbolicMode(change: SymbolicMode, mode: number, isFolder: boolean): number {
  const mayExecute = isFolder || (mode & anyExecute) !== 0;
  return change.reduce((result, clause) => applyClause(clause, result, mayExecute), mode & 0o7777);
}

/**
 * Letters of bits are gathered; the letter of a class first carries out what was gathered, and then takes the class's
 * permissions over. After `=` that clears the permissions only: `u=g` leaves setuid as it is, `u=r` clears it.
 */
function applyClause({ who, operator, letters }: Clause, before: number, mayExecute: boolean): number {
  const isOtherOnly = who === whoBits.o;
  let result = before;
  let mask = who;
  let bits = 0;
  let execute = 0;
  let hasClass = false;
  const carryOut = (): void => {
    if (operator === '-') result &= ~(bits & mask);
    else result = (operator === '=' ? result & ~mask : result) | (bits & mask);
    bits = 0;
  };
  const addExecute = (): void => {
    result |= execute & mask;
    execute = 0;
  };
  for (const letter of letters) {
    if (letter === 'X') {
      if (operator === '-') bits |= anyExecute;
      else if (mayExecute) execute = anyExecute;
    } else if (letter in permissionBits) {
      if ((letter === 's' || letter === 't') && isOtherOnly) continue;
      if (letter === 't') mask |= 0o1000;
      bits |= permissionBits[letter] ?? 0;
    } else {
      if (bits !== 0) carryOut();
      addExecute();
      hasClass = true;
      const taken = permissionsOf(letter, result) & mask & 0o777;
      if (operator === '=') result &= ~(mask & 0o777);
      result = operator === '-' ? result & ~taken : result | taken;
    }
  }
  if (bits !== 0 || (operator === '=' && !hasClass)) carryOut();
  addExecute();
  return result;
}

/** The permissions of one class, given to all three. */
function permissionsOf(letter: string, mode: number): number {
  const three = (mode >> (letter === 'u' ? 6 : letter === 'g' ? 3 : 0)) & 7;
  return three * 0o111;
}

function parsePart(part: string, whole: string): Clause[] {
  const match = /^([ugoa]*)((?:[-+=][rwxXstugo]*)+)$/.exec(part);
  if (match === null) {
    throw new FirekilnError('CHMOD_INVALID', `${JSON.stringify(whole)} is not a file mode`, {
      hint: 'Write an octal number between 0 and 07777, or a symbolic mode such as u=rwX,go=rX.',
    });
  }
  const [, classes = '', changes = ''] = match;
  let who = 0;
  for (const letter of classes || 'a') who |= whoBits[letter] ?? 0;
  return [...changes.matchAll(/([-+=])([rwxXstugo]*)/g)].map(([, operator, letters = '']) => ({
    who,
    operator: operator === '+' || operator === '-' ? operator : '=',
    letters,
  }));
}
