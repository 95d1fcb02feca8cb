import fc from 'fast-check';
import type { CaseFile } from '../../support/build-corpus.ts';

/** What a line of a Dockerfile may refer to where it stands. */
export interface Scope {
  /** Earlier stages. */
  readonly stages: readonly ScopeStage[];
  /** Of this stage. */
  readonly base: BaseKind;
  /** What `.dockerignore` lets through. */
  readonly context: readonly CaseFile[];
  /** The named context `ctx`. */
  readonly named: readonly CaseFile[] | null;
}

/** `test`: one of the test images, which have users and files. */
export type BaseKind = 'test' | 'empty';

export interface ScopeStage {
  readonly name: string;
  readonly base: BaseKind;
}

/** One instruction; what it names depends on where it stands. */
export type Line = (scope: Scope) => string;

export const oneOf = <T>(...values: readonly T[]): fc.Arbitrary<T> => fc.constantFrom(...values);

/** One of `n`; otherwise null. */
export const sometimes = <T>(value: fc.Arbitrary<T>, n: number): fc.Arbitrary<T | null> =>
  fc.oneof({ weight: n - 1, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: value });

export const words = (word: fc.Arbitrary<string>, minLength: number, maxLength: number): fc.Arbitrary<string> =>
  fc.array(word, { minLength, maxLength }).map((all) => all.join(' '));

export type Mostly = <T>(good: fc.Arbitrary<T>, odd: fc.Arbitrary<T>, weight?: number) => fc.Arbitrary<T>;

/** `odd` ends most builds: only the good where a case should build. */
export const mostlyOf =
  (withFaults: boolean): Mostly =>
  (good, odd, weight = 12) =>
    withFaults ? fc.oneof({ weight, arbitrary: good }, { weight: 1, arbitrary: odd }) : good;

/** One of a list that is only known where the word is used. */
export const pick = <T>(from: readonly T[], nth: number): T | undefined => from[nth % Math.max(1, from.length)];
