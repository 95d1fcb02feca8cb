import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { FirekilnError } from '../base/errors/firekiln-error.ts';
import { explainSystemError, systemCode } from '../base/system-error.ts';
import { type AgentKey, readAgentKey, serveKeyAgent } from '../ssh/key-agent.ts';
import type { SshSpec } from './secret-spec.ts';

/** Of the file of a private key that `--ssh` names. */
const maxKeyBytes = 100 * 1024;

/** The agents of `--ssh` for the time of a build: sockets of the host, and agents of our own for private key files. */
export class SshAgents implements AsyncDisposable {
  readonly #specs: readonly SshSpec[];
  readonly #places: { readonly cwd: string; readonly env: NodeJS.ProcessEnv };
  readonly #opened = new Map<string, Promise<string>>();
  readonly #stack = new AsyncDisposableStack();

  constructor(specs: readonly SshSpec[], places: { readonly cwd: string; readonly env: NodeJS.ProcessEnv }) {
    this.#specs = specs;
    this.#places = places;
  }

  /** The socket of an agent; undefined if none was given. Throws SECRET_MISSING. */
  async socketOf(id: string): Promise<string | undefined> {
    const spec = this.#specs.find((it) => it.id === id);
    if (spec === undefined) return undefined;
    const opening = this.#opened.get(id) ?? this.#open(spec);
    this.#opened.set(id, opening);
    return await opening;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.allSettled(this.#opened.values());
    await this.#stack.disposeAsync();
  }

  async #open({ id, paths }: SshSpec): Promise<string> {
    const { cwd, env } = this.#places;
    const named = paths.length > 0 ? paths : [env.SSH_AUTH_SOCK ?? ''];
    if (named.includes('')) {
      throw missing(id, 'no SSH agent is running (SSH_AUTH_SOCK is not set)');
    }
    const keys: AgentKey[] = [];
    for (const name of named) {
      const path = resolve(cwd, name);
      const key = await readKey(id, path);
      if (key !== undefined) keys.push(key);
      else if (named.length === 1) return path;
      else throw missing(id, `${path} is a socket, which can't be given together with others`);
    }
    const folder = await mkdtemp(join(env.XDG_RUNTIME_DIR ?? tmpdir(), `firekiln-${process.pid}-`));
    this.#stack.defer(async () => await rm(folder, { recursive: true, force: true }));
    const socket = join(folder, 'agent');
    this.#stack.use(await serveKeyAgent(socket, keys));
    return socket;
  }
}

/** Undefined for a socket. */
async function readKey(id: string, path: string): Promise<AgentKey | undefined> {
  let text: Buffer;
  try {
    const facts = await stat(path);
    if (facts.isSocket()) return undefined;
    if (!facts.isFile() || facts.size > maxKeyBytes) throw missing(id, `${path} is neither a socket nor a private key`);
    text = await readFile(path);
  } catch (error) {
    if (systemCode(error) === 'ENOENT') throw missing(id, `there is no file or socket ${path}`);
    throw explainSystemError(error, `reading the key of --ssh ${id} from`, path);
  }
  const key = readAgentKey(text);
  if (key === undefined) throw missing(id, `${path} is no private key without a passphrase`);
  return key;
}

function missing(id: string, why: string): FirekilnError {
  return new FirekilnError('SECRET_MISSING', `--ssh ${id}: ${why}`, {
    hint: 'Start an agent with `eval $(ssh-agent)`, or name its socket or private key files: --ssh ID=PATH[,PATH].',
  });
}
