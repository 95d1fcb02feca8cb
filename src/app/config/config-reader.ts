import { parseByteSize } from '../../base/byte-size.ts';
import { didYouMean } from '../../base/nearest.ts';
import type { TomlDocument } from './toml-document.ts';

/** How one value of a configuration file is read, and what the documentation says of it. */
export interface ConfigKey<T> {
  /** For people: `true or false`, `a list of strings`. */
  readonly kind: string;
  /** One sentence or two; absent for tables. */
  readonly doc: string;
  /** Of a table with fixed keys: what is in it. */
  readonly keys?: ConfigKeys;
  /** Of a table with free names or a list of tables: what each of them is. */
  readonly each?: ConfigKey<unknown>;
  /** Throws CONFIG_INVALID at the place of the value. */
  read(value: unknown, path: readonly string[], document: TomlDocument): T;
}

export type ConfigKeys = Readonly<Record<string, ConfigKey<unknown>>>;

/** What reading gives: every key may be absent. */
export type ConfigValues<K extends ConfigKeys> = {
  readonly [Name in keyof K]?: K[Name] extends ConfigKey<infer T> ? T : never;
};

function scalar<T>(kind: string, doc: string, convert: (value: unknown) => T | undefined): ConfigKey<T> {
  return {
    kind,
    doc,
    read: (value, path, document) => {
      const converted = convert(value);
      if (converted !== undefined) return converted;
      throw document.fail(path, `${path.at(-1)} is ${shown(value)}, not ${kind}`);
    },
  };
}

export const flag = (doc: string) =>
  scalar('true or false', doc, (value) => (typeof value === 'boolean' ? value : undefined));

export const text = (doc: string, kind = 'a string') =>
  scalar(kind, doc, (value) => (typeof value === 'string' && value !== '' ? value : undefined));

export const texts = (doc: string, kind = 'a list of strings') =>
  scalar(kind, doc, (value) =>
    Array.isArray(value) && value.every((item): item is string => typeof item === 'string' && item !== '')
      ? value
      : undefined,
  );

export const count = (doc: string) =>
  scalar('a whole number above 0', doc, (value) =>
    typeof value === 'number' && Number.isSafeInteger(value) && value > 0 ? value : undefined,
  );

/** One that may be 0, such as an id. */
export const number = (doc: string) =>
  scalar('a whole number', doc, (value) =>
    typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : undefined,
  );

/** In bytes. */
export const size = (doc: string) =>
  scalar('a size such as "512m" or "4g"', doc, (value) => {
    const bytes = typeof value === 'string' ? parseByteSize(value) : undefined;
    return bytes !== undefined && bytes > 0 ? bytes : undefined;
  });

export const choice = <const T extends string>(doc: string, allowed: readonly T[]) =>
  scalar(allowed.map((it) => `"${it}"`).join(' or '), doc, (value) => allowed.find((it) => it === value));

/** A table with fixed keys; any other key is an error that names the nearest. */
export function table<K extends ConfigKeys>(keys: K): ConfigKey<ConfigValues<K>> {
  return {
    kind: 'a table',
    doc: '',
    keys,
    read: (value, path, document) => {
      const read: [string, unknown][] = [];
      for (const [name, member] of membersOf(value, path, document)) {
        const key = Object.hasOwn(keys, name) ? keys[name] : undefined;
        if (key === undefined) {
          const where = path.length === 0 ? '' : ` in [${path.map(quoted).join('.')}]`;
          const near = didYouMean(name, Object.keys(keys));
          throw document.fail(
            [...path, name],
            `there is no ${name}${where}`,
            near ?? `There are: ${Object.keys(keys).join(', ')}.`,
          );
        }
        read.push([name, key.read(member, [...path, name], document)]);
      }
      return Object.freeze(Object.fromEntries(read)) as ConfigValues<K>;
    },
  };
}

/** A table whose keys are names of the user. */
export function named<T>(
  what: string,
  isName: (name: string) => boolean,
  each: ConfigKey<T>,
): ConfigKey<ReadonlyMap<string, T>> {
  return {
    kind: 'a table',
    doc: '',
    each,
    read: (value, path, document) =>
      new Map(
        membersOf(value, path, document).map(([name, member]) => {
          if (!isName(name)) throw document.fail([...path, name], `${JSON.stringify(name)} is not ${what}`);
          return [name, each.read(member, [...path, name], document)];
        }),
      ),
  };
}

export function list<T>(each: ConfigKey<T>): ConfigKey<readonly T[]> {
  return {
    kind: 'a list of tables',
    doc: '',
    each,
    read: (value, path, document) => {
      if (!Array.isArray(value)) throw document.fail(path, `${path.at(-1)} is ${shown(value)}, not a list of tables`);
      return value.map((item) => each.read(item, path, document));
    },
  };
}

function membersOf(value: unknown, path: readonly string[], document: TomlDocument): [string, unknown][] {
  if (typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date)) {
    return Object.entries(value);
  }
  throw document.fail(path, `${path.at(-1)} is ${shown(value)}, not a table`);
}

function quoted(name: string): string {
  return /^[A-Za-z0-9_-]+$/.test(name) ? name : JSON.stringify(name);
}

function shown(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.slice(0, 80));
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' || value === undefined ? 'a table' : `${value as number | bigint | boolean}`;
}
