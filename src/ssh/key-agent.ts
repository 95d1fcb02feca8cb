import type { Socket } from 'node:net';
import ssh2, { type ParsedKey } from 'ssh2';
import { serveUnix } from '../base/unix-server.ts';

/** A private key that an agent can sign with. */
export type AgentKey = ParsedKey;

/** Reads OpenSSH's private key file or a PEM; undefined for anything else, one with a passphrase too. */
export function readAgentKey(text: string | Buffer): AgentKey | undefined {
  const parsed: unknown = ssh2.utils.parseKey(text);
  const [key] = (Array.isArray(parsed) ? parsed : [parsed]) as (ParsedKey | Error)[];
  return key === undefined || key instanceof Error || !key.isPrivateKey() ? undefined : key;
}

/** Serves an SSH agent (draft-miller-ssh-agent) at the socket that has these keys: it lists and signs, and nothing else. */
export async function serveKeyAgent(socketPath: string, keys: readonly AgentKey[]): Promise<AsyncDisposable> {
  return await serveUnix(socketPath, (socket) => answer(socket, keys));
}

function answer(socket: Socket, keys: readonly AgentKey[]): void {
  const agent = new ssh2.AgentProtocol(false);
  socket.on('error', () => socket.destroy());
  agent.on('error', () => socket.destroy());
  agent.on('identities', (request) => agent.getIdentitiesReply(request, [...keys]));
  agent.on('sign', (request, wanted, data, { hash }) => {
    const key = keys.find((one) => one.getPublicSSH().equals(wanted.getPublicSSH()));
    const made: unknown = key?.sign(data, hash);
    if (Buffer.isBuffer(made)) agent.signReply(request, key?.type.startsWith('ecdsa') ? pairOfNumbers(made) : made);
    else agent.failureReply(request);
  });
  socket.pipe(agent).pipe(socket);
}

/** RFC 5656, section 3.1.2: the two numbers of an ECDSA signature, each as an mpint, of their DER form. */
function pairOfNumbers(der: Buffer): Buffer {
  const numbers: Buffer[] = [];
  let at = der[1] === 0x81 ? 3 : 2;
  for (let i = 0; i < 2; i++) {
    const size = der[at + 1] ?? 0;
    const length = Buffer.alloc(4);
    length.writeUInt32BE(size);
    numbers.push(length, der.subarray(at + 2, at + 2 + size));
    at += 2 + size;
  }
  return Buffer.concat(numbers);
}
