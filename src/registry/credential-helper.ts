import { FirekilnError } from '../base/errors/firekiln-error.ts';
import { tryProcess } from '../base/process.ts';
import { passwordLogin } from './auth-file.ts';
import type { Credentials } from './credentials.ts';

/** Helpers may ask the user for a passphrase. */
const helperTimeoutMs = 120_000;

/**
 * Asks `docker-credential-NAME get` (docker/docker-credential-helpers): the server on standard input, JSON on standard
 * output. Undefined if it knows nothing of the server; throws CREDENTIALS_INVALID if it can't be used.
 */
export async function askCredentialHelper(
  name: string,
  server: string,
  env: NodeJS.ProcessEnv,
  signal?: AbortSignal,
): Promise<Credentials | undefined> {
  if (!/^[A-Za-z0-9._-]+$/.test(name)) {
    throw new FirekilnError('CREDENTIALS_INVALID', `${JSON.stringify(name)} is no name of a credential helper`);
  }
  const program = `docker-credential-${name}`;
  const result = await tryProcess(program, {
    args: ['get'],
    stdin: { text: server },
    env,
    timeoutMs: helperTimeoutMs,
    maxOutputBytes: 256 * 1024,
    signal,
  });
  const output = result.stdout.toString('utf8').trim();
  if (result.exitCode !== 0) {
    // The protocol has no code for "not there"; every helper prints this sentence.
    if (/credentials not found/i.test(output)) return undefined;
    throw new FirekilnError('CREDENTIALS_INVALID', `${program} failed for ${server}: ${output.slice(0, 300)}`);
  }
  try {
    const { Username: username, Secret: secret } = JSON.parse(output) as Record<string, unknown>;
    if (typeof username === 'string' && typeof secret === 'string') {
      return username === '' && secret === '' ? undefined : passwordLogin(username, secret);
    }
  } catch {
    // Without the cause: its message quotes the secret.
  }
  throw new FirekilnError('CREDENTIALS_INVALID', `${program} answered for ${server} with something that is no login`);
}
