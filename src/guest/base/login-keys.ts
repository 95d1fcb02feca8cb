import { createHash } from 'node:crypto';
import ssh2 from 'ssh2';
import { FirekilnError } from '../../base/errors/firekiln-error.ts';
import { readNamedFile } from '../../base/read-named-file.ts';
import { createKeyPair } from '../../ssh/keys.ts';
import type { SshKey } from '../../ssh/ssh-connection.ts';

/** What Firekiln logs in with. */
export interface LoginKeys {
  readonly keys: readonly SshKey[];
  /** For people, one line each: where the key is from, its kind and fingerprint. */
  readonly described: readonly string[];
  /** A key of this VM only, which the base must be told of; a line of authorized_keys. Undefined: the user brought keys. */
  readonly authorize: string | undefined;
}

const agentDeadlineMs = 5000;
const maxKeyBytes = 1 << 20;

/**
 * The keys of a key file and of an SSH agent; where there is neither, a new one. Throws SSH_REFUSED for a key file that
 * can't be used.
 */
export async function findLoginKeys(options: {
  readonly keyFile: string | undefined;
  readonly agentSocket: string | undefined;
}): Promise<LoginKeys> {
  const keys: SshKey[] = [];
  const described: string[] = [];
  if (options.keyFile !== undefined) {
    const { privateKey, shown } = await readKeyFile(options.keyFile);
    keys.push({ type: 'file', privateKey });
    described.push(shown);
  }
  if (options.agentSocket !== undefined) {
    const found = await agentKeys(options.agentSocket);
    if (found.length > 0) keys.push({ type: 'agent', socketPath: options.agentSocket });
    described.push(...found);
  }
  if (keys.length > 0) return { keys, described, authorize: undefined };
  const { privateKey, authorizedKey } = createKeyPair();
  return {
    keys: [{ type: 'file', privateKey }],
    described: ["a key of this build's own, authorised in the VM"],
    authorize: `${authorizedKey.trim()} firekiln-build`,
  };
}

async function readKeyFile(path: string): Promise<{ readonly privateKey: string; readonly shown: string }> {
  const { data, fault } = await readNamedFile(path, maxKeyBytes);
  if (data === undefined) throw unusable(path, `it ${fault}`);
  const text = data.toString('utf8');
  const parsed = ssh2.utils.parseKey(text);
  if (parsed instanceof Error) {
    const isLocked = /encrypted|passphrase/i.test(parsed.message);
    throw unusable(path, isLocked ? 'it is locked with a passphrase' : parsed.message);
  }
  if (!parsed.isPrivateKey()) throw unusable(path, 'it is a public key, the private one is needed');
  return { privateKey: text, shown: `${path}: ${describe(parsed)}` };
}

/** What an agent offers, for people; nothing if it does not answer. */
async function agentKeys(socketPath: string): Promise<string[]> {
  const agent = ssh2.createAgent(socketPath);
  const keys = await new Promise<readonly ssh2.ParsedKey[]>((resolve) => {
    const timer = setTimeout(() => resolve([]), agentDeadlineMs);
    agent.getIdentities((error, found) => {
      clearTimeout(timer);
      resolve(error ? [] : ((found ?? []) as readonly ssh2.ParsedKey[]));
    });
  });
  return keys.map((key) => `the SSH agent: ${describe(key)}`);
}

function describe(key: ssh2.ParsedKey): string {
  const digest = createHash('sha256').update(key.getPublicSSH()).digest('base64').replace(/=+$/, '');
  return `${key.type} SHA256:${digest}${key.comment ? ` ${key.comment}` : ''}`;
}

function unusable(path: string, why: string): FirekilnError {
  return new FirekilnError('SSH_REFUSED', `the key of --machine-ssh-key-file ${path} can not be used: ${why}`, {
    hint: 'Name a private key without a passphrase; one with a passphrase can be used through an agent: ssh-add FILE.',
  });
}
