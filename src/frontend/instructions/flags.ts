import { nearest } from '../../base/nearest.ts';
import type { Token } from '../syntax/tree.ts';
import { instructionFault, type ReadContext } from './instruction-fault.ts';

/** For instructions without flags. */
export const takesNoFlags = {} as const satisfies Record<string, FlagType>;

/** What a flag takes: `--link[=true]`, `--chown=x`, or several `--mount=x`. */
export type FlagType = 'boolean' | 'text' | 'list';

/** The flags that were given, by name without `--`. */
export type Flags<Spec extends Readonly<Record<string, FlagType>>> = {
  readonly [Name in keyof Spec]: Spec[Name] extends 'boolean'
    ? boolean | undefined
    : Spec[Name] extends 'text'
      ? FlagText | undefined
      : readonly FlagText[];
};

export interface FlagText {
  readonly value: string;
  readonly token: Token;
}

/** Reads the flags of an instruction. An unknown flag, a wrong value or a flag given twice throws. */
export function readFlags<const Spec extends Readonly<Record<string, FlagType>>>(
  context: ReadContext,
  spec: Spec,
): Flags<Spec> {
  if (context.node.flags.length === 0) return noFlags(spec) as Flags<Spec>;
  const found: Record<string, boolean | FlagText | FlagText[]> = {};
  for (const name of Object.keys(spec)) if (spec[name] === 'list') found[name] = [];
  for (const token of context.node.flags) {
    const { name, value } = splitFlag(token.value);
    const type = Object.hasOwn(spec, name) ? spec[name] : undefined;
    if (type === undefined) throw unknownFlag(context, token, name, Object.keys(spec));
    const known = found[name];
    if (type !== 'list' && known !== undefined) {
      throw instructionFault(context, `${context.name} has the flag --${name} twice`, token);
    }
    if (type === 'boolean') found[name] = readBoolean(context, token, name, value);
    else if (value === undefined) {
      throw instructionFault(context, `${context.name} has --${name} without a value; expected --${name}=VALUE`, token);
    } else if (Array.isArray(known)) known.push({ value, token });
    else found[name] = { value, token };
  }
  return found as Flags<Spec>;
}

/** By the table that an instruction's reader keeps. */
const emptyByTable = new WeakMap<object, object>();

function noFlags(spec: Readonly<Record<string, FlagType>>): object {
  const known = emptyByTable.get(spec);
  if (known !== undefined) return known;
  const lists = Object.entries(spec).filter(([, type]) => type === 'list');
  const empty = Object.freeze(Object.fromEntries(lists.map(([name]) => [name, Object.freeze([])])));
  emptyByTable.set(spec, empty);
  return empty;
}

function splitFlag(text: string): { name: string; value: string | undefined } {
  const equals = text.indexOf('=');
  return equals < 0
    ? { name: text.slice(2), value: undefined }
    : { name: text.slice(2, equals), value: text.slice(equals + 1) };
}

function readBoolean(context: ReadContext, token: Token, name: string, value: string | undefined): boolean {
  const lower = value?.toLowerCase();
  if (lower === undefined || lower === 'true') return true;
  if (lower === 'false') return false;
  throw instructionFault(
    context,
    `${context.name} has --${name}=${JSON.stringify(value)}; expected --${name}, --${name}=true or --${name}=false`,
    token,
    { part: [value ?? ''] },
  );
}

function unknownFlag(context: ReadContext, token: Token, name: string, known: readonly string[]): Error {
  const near = nearest(name, known);
  const list = known.map((flag) => `--${flag}`).join(', ');
  const expected = known.length === 0 ? `${context.name} takes no flags` : `${context.name} takes ${list}`;
  return instructionFault(context, `${context.name} has the unknown flag --${name}; ${expected}`, token, {
    hint: near === undefined ? undefined : `Did you mean --${near}?`,
    part: [`--${name}`],
  });
}
