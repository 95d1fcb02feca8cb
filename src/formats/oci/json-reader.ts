import { type Digest, isDigest } from '../../base/digest.ts';
import type { ErrorCode } from '../../base/errors/codes.ts';
import { FirekilnError } from '../../base/errors/firekiln-error.ts';

/**
 * Reads values out of JSON from outside, and says where one is wrong: `manifest of app:1: layers[2].size is ...`.
 * By hand rather than by a schema library, whose start alone would cost more than a cached build. Absent and null are
 * the same, because Go writes its empty slices and maps as null.
 */
export class JsonReader {
  readonly value: unknown;
  readonly #subject: string;
  readonly #path: string;
  readonly #code: ErrorCode;

  /** What is wrong is thrown as an error of this code. */
  constructor(value: unknown, subject: string, path = '', code: ErrorCode = 'OCI_INVALID') {
    this.value = value ?? undefined;
    this.#subject = subject;
    this.#path = path;
    this.#code = code;
  }

  /** Throws an error of the code unless the bytes are UTF-8 JSON. */
  static parse(bytes: Uint8Array, subject: string, code: ErrorCode = 'OCI_INVALID'): JsonReader {
    try {
      return new JsonReader(JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)), subject, '', code);
    } catch (cause) {
      const start = Buffer.from(bytes.subarray(0, 60)).toString('latin1');
      throw new FirekilnError(code, `${subject}: not JSON, it starts with ${JSON.stringify(start)}`, { cause });
    }
  }

  get isAbsent(): boolean {
    return this.value === undefined;
  }

  fail(wanted: string): FirekilnError {
    const shown = this.isAbsent ? 'missing' : describe(this.value);
    const where = this.#path === '' ? 'it' : this.#path;
    return new FirekilnError(this.#code, `${this.#subject}: ${where} is ${shown}, not ${wanted}`);
  }

  member(name: string): JsonReader {
    const { value } = this;
    if (typeof value !== 'object' || value === null || Array.isArray(value)) throw this.fail('an object');
    const member = Object.hasOwn(value, name) ? (value as Record<string, unknown>)[name] : undefined;
    return this.#at(member, this.#path === '' ? name : `${this.#path}.${name}`);
  }

  string(): string {
    if (typeof this.value !== 'string') throw this.fail('a string');
    return this.value;
  }

  digest(): Digest {
    if (!isDigest(this.value)) throw this.fail('a sha256 digest');
    return this.value;
  }

  /** A whole number from 0 to 2^53-1. */
  count(): number {
    if (!Number.isSafeInteger(this.value) || Number(this.value) < 0) throw this.fail('a whole number from 0 on');
    return Number(this.value);
  }

  integer(): number {
    if (!Number.isSafeInteger(this.value)) throw this.fail('a whole number');
    return Number(this.value);
  }

  boolean(): boolean {
    if (typeof this.value !== 'boolean') throw this.fail('true or false');
    return this.value;
  }

  /** Throws LIMIT_EXCEEDED above `max` items. */
  items(max: number): readonly JsonReader[] {
    if (this.isAbsent) return [];
    if (!Array.isArray(this.value)) throw this.fail('a list');
    if (this.value.length > max) {
      throw new FirekilnError(
        'LIMIT_EXCEEDED',
        `${this.#subject}: ${this.#path} has ${this.value.length} items, more than ${max}`,
      );
    }
    return this.value.map((item, i) => this.#at(item, `${this.#path}[${i}]`));
  }

  /** The members of an object used as a map. */
  entries(): readonly (readonly [string, JsonReader])[] {
    if (this.isAbsent) return [];
    const { value } = this;
    if (typeof value !== 'object' || value === null || Array.isArray(value)) throw this.fail('an object');
    return Object.entries(value).map(([key, member]) => [
      key,
      this.#at(member, `${this.#path}[${JSON.stringify(key)}]`),
    ]);
  }

  optional<T>(read: (reader: this) => T): T | undefined {
    return this.isAbsent ? undefined : read(this);
  }

  strings(max: number): readonly string[] {
    return this.items(max).map((item) => item.string());
  }

  stringMap(): Readonly<Record<string, string>> {
    // Null values as empty strings: Go reads them so.
    return Object.fromEntries(this.entries().map(([key, member]) => [key, member.isAbsent ? '' : member.string()]));
  }

  #at(value: unknown, path: string): JsonReader {
    return new JsonReader(value, this.#subject, path, this.#code);
  }
}

function describe(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.length > 80 ? `${value.slice(0, 80)}...` : value);
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : 'an object';
}
