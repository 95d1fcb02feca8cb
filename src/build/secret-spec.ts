import { readFile, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
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

/** The value of a secret. Throws SECRET_MISSING naming where it was looked for, never what was found. */
export async function readSecret(
  spec: SecretSpec,
  { cwd, env }: { readonly cwd: string; readonly env: NodeJS.ProcessEnv },
): Promise<Uint8Array> {
  if (spec.env !== undefined || (spec.path === undefined && env[spec.id] !== undefined)) {
    const value = env[spec.env ?? spec.id];
    if (value !== undefined) return Buffer.from(value);
    throw missing(`the secret ${spec.id}: the environment has no variable ${spec.env}`);
  }
  const path = resolve(cwd, spec.path ?? spec.id);
  try {
    const { size } = await stat(path);
    if (size > maxSecretBytes) {
      throw new FirekilnError('LIMIT_EXCEEDED', `the secret ${spec.id} has ${size} bytes, more than ${maxSecretBytes}`);
    }
    return await readFile(path);
  } catch (error) {
    if (systemCode(error) === 'ENOENT') throw missing(`the secret ${spec.id}: there is no file ${path}`);
    throw explainSystemError(error, `reading the secret ${spec.id} from`, path);
  }
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
