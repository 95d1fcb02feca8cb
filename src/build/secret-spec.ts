import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { FirekilnError } from '../base/errors/firekiln-error.ts';
import { explainSystemError, systemCode } from '../base/system-error.ts';
import { csvFields } from '../frontend/instructions/csv-fields.ts';

/** `--secret id=ID[,src=PATH|,env=NAME]`; without either, the environment variable and then the file of the id's name. */
export interface SecretSpec {
  readonly id: string;
  readonly path?: string;
  readonly env?: string;
}

/** `--ssh default`, `--ssh ID=SOCKET` or `--ssh ID=KEY[,KEY]`. */
export interface SshSpec {
  readonly id: string;
  /** A socket, or private key files; empty for the agent of the environment. */
  readonly paths: readonly string[];
}

/** BuildKit's ceiling. */
const maxSecretBytes = 500 * 1024;

/** Throws USAGE. */
export function parseSecretSpec(text: string): SecretSpec {
  const fields = csvFields(text) ?? [];
  const values = new Map(fields.map((field) => [field.split('=', 1)[0]?.toLowerCase() ?? '', textAfterEquals(field)]));
  const unknown = [...values.keys()].find((key) => !['id', 'src', 'source', 'env', 'type'].includes(key));
  if (unknown !== undefined) throw usage('--secret', text, `${JSON.stringify(unknown)} is no key`);
  const type = values.get('type');
  if (type !== undefined && type !== 'file' && type !== 'env') throw usage('--secret', text, 'type is file or env');
  const id = values.get('id') ?? '';
  if (id === '') throw usage('--secret', text, 'there is no id=');
  const source = values.get('src') ?? values.get('source');
  const env = values.get('env') ?? (type === 'env' ? source : undefined);
  if (env !== undefined) return { id, env };
  return source === undefined ? { id } : { id, path: source };
}

export function parseSshSpec(text: string): SshSpec {
  const equals = text.indexOf('=');
  const id = equals === -1 ? text : text.slice(0, equals);
  if (id === '') throw usage('--ssh', text, 'there is no id');
  return { id, paths: equals === -1 ? [] : text.slice(equals + 1).split(',') };
}

export interface SecretPlaces {
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
}

/**
 * Looks whether the files of secrets are there and not too large, as BuildKit does when a build begins, whether a step
 * needs them or not. Throws SECRET_MISSING, LIMIT_EXCEEDED.
 */
export async function requireSecretFiles(specs: readonly SecretSpec[], places: SecretPlaces): Promise<void> {
  for (const spec of specs) {
    if (!isInEnvironment(spec, places.env)) await pathOfSecret(spec, places);
  }
}

/** The value of a secret. Throws SECRET_MISSING naming where it was looked for, never what was found. */
export async function readSecret(spec: SecretSpec, places: SecretPlaces): Promise<Uint8Array> {
  if (isInEnvironment(spec, places.env)) {
    const value = places.env[spec.env ?? spec.id];
    if (value !== undefined) return Buffer.from(value);
    throw missing(`the secret ${spec.id}: the environment has no variable ${spec.env}`);
  }
  const path = await pathOfSecret(spec, places);
  try {
    // A device may have no end.
    const data = await buffer(createReadStream(path, { end: maxSecretBytes }));
    if (data.length <= maxSecretBytes) return data;
  } catch (error) {
    throw unreadable(spec, path, error);
  }
  throw tooLarge(spec);
}

function isInEnvironment(spec: SecretSpec, env: NodeJS.ProcessEnv): boolean {
  return spec.env !== undefined || (spec.path === undefined && env[spec.id] !== undefined);
}

async function pathOfSecret(spec: SecretSpec, { cwd }: SecretPlaces): Promise<string> {
  const path = resolve(cwd, spec.path ?? spec.id);
  const facts = await stat(path).catch((error: unknown) => {
    throw unreadable(spec, path, error);
  });
  if (facts.isDirectory()) throw missing(`the secret ${spec.id}: ${path} is a folder`);
  if (facts.size > maxSecretBytes) throw tooLarge(spec);
  return path;
}

function tooLarge({ id }: SecretSpec): FirekilnError {
  return new FirekilnError('LIMIT_EXCEEDED', `the secret ${id} has more than ${maxSecretBytes} bytes`);
}

function unreadable({ id }: SecretSpec, path: string, error: unknown): unknown {
  const code = systemCode(error);
  if (code === 'ENOENT' || code === 'ENOTDIR') return missing(`the secret ${id}: there is no file ${path}`);
  return explainSystemError(error, `reading the secret ${id} from`, path);
}

function textAfterEquals(field: string): string {
  const equals = field.indexOf('=');
  return equals === -1 ? '' : field.slice(equals + 1);
}

function missing(message: string): FirekilnError {
  return new FirekilnError('SECRET_MISSING', message, { hint: 'Write --secret id=ID,src=PATH or id=ID,env=NAME.' });
}

function usage(flag: string, text: string, why: string): FirekilnError {
  return new FirekilnError('USAGE', `${flag} ${text}: ${why}`);
}
