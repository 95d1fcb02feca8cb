import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { runGo } from '../support/go-toolchain.ts';

/** Of the judge: parser, checks and whole builds. */
export const buildkitVersion = 'v0.34.2';
const sources = new URL('./go/', import.meta.url).pathname;
const cache = new URL('../../.cache/go-oracle/', import.meta.url).pathname;

/** BuildKit's own code, asked line by line. */
export interface Oracle {
  ask<T>(request: Readonly<Record<string, unknown>>): Promise<T>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Builds the program, once for each state of its sources, and starts it. */
export function startOracle(): Oracle {
  const child = spawn(buildOracle(), { stdio: ['pipe', 'pipe', 'pipe'] });
  // The lexer prints its opinion of odd characters.
  child.stderr.resume();
  return talkTo(child);
}

function buildOracle(): string {
  const files = readdirSync(sources).filter((name) => name.endsWith('.go'));
  const hash = createHash('sha256').update(buildkitVersion);
  for (const name of files) hash.update(readFileSync(join(sources, name)));
  const folder = join(cache, hash.digest('hex').slice(0, 16));
  const program = join(folder, 'oracle');
  if (existsSync(program)) return program;
  const work = `${folder}.${process.pid}`;
  mkdirSync(work, { recursive: true });
  for (const name of files) copyFileSync(join(sources, name), join(work, name));
  writeFileSync(join(work, 'go.mod'), 'module oracle\n\ngo 1.25\n');
  runGo(['get', `github.com/moby/buildkit@${buildkitVersion}`], work);
  runGo(['mod', 'tidy'], work);
  runGo(['build', '-o', 'oracle', '.'], work);
  if (existsSync(program)) rmSync(work, { recursive: true });
  else renameSync(work, folder);
  return program;
}

function talkTo(child: ChildProcessWithoutNullStreams): Oracle {
  const waiting: { resolve: (line: string) => void; reject: (error: Error) => void }[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => waiting.shift()?.resolve(line));
  const ended = new Promise<void>((resolve) => {
    child.once('close', (code) => {
      for (const { reject } of waiting.splice(0)) reject(new Error(`the oracle ended with ${code}`));
      resolve();
    });
  });
  return {
    async ask<T>(request: Readonly<Record<string, unknown>>): Promise<T> {
      const reply = new Promise<string>((resolve, reject) => waiting.push({ resolve, reject }));
      child.stdin.write(`${JSON.stringify(request)}\n`);
      return JSON.parse(await reply) as T;
    },
    async [Symbol.asyncDispose]() {
      child.stdin.end();
      await ended;
    },
  };
}
