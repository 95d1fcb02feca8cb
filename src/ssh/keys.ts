import { generateKeyPairSync, randomBytes } from 'node:crypto';

export interface KeyPair {
  /** OpenSSH's private key file. */
  readonly privateKey: string;
  /** A line of authorized_keys. */
  readonly authorizedKey: string;
  /** The public key on the wire (RFC 8709, section 4). */
  readonly publicBlob: Buffer;
}

/**
 * A new Ed25519 key pair, never written anywhere by this. Put together here: of the keys that ssh2 makes, one in 200 has a leading
 * zero too few and is refused as malformed.
 */
export function createKeyPair(): KeyPair {
  const { secret, open } = newKeyPair();
  const publicBlob = Buffer.concat([keyType, sshString(open)]);
  const none = sshString(Buffer.from('none'));
  const check = randomBytes(4);
  const secrets = [check, check, keyType, sshString(open), sshString(Buffer.concat([secret, open])), sshString('')];
  const length = secrets.reduce((sum, part) => sum + part.length, 0);
  // Filled up to the block size of the cipher "none".
  const padding = Buffer.from([1, 2, 3, 4, 5, 6, 7].slice(0, (8 - (length % 8)) % 8));
  // OpenSSH's PROTOCOL.key: cipher, KDF and its options, number of keys, public key, secrets.
  const file = Buffer.concat([
    Buffer.from('openssh-key-v1\0'),
    none,
    none,
    sshString(''),
    Buffer.from([0, 0, 0, 1]),
    sshString(publicBlob),
    sshString(Buffer.concat([...secrets, padding])),
  ]).toString('base64');
  const lines = file.match(/.{1,70}/g) ?? [];
  return {
    privateKey: `-----BEGIN OPENSSH PRIVATE KEY-----\n${lines.join('\n')}\n-----END OPENSSH PRIVATE KEY-----\n`,
    authorizedKey: `ssh-ed25519 ${publicBlob.toString('base64')}\n`,
    publicBlob,
  };
}

const keyType = sshString('ssh-ed25519');

function newKeyPair(): { readonly secret: Buffer; readonly open: Buffer } {
  const { d, x } = generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' });
  if (d === undefined || x === undefined) throw new Error('an Ed25519 key without its numbers');
  return { secret: Buffer.from(d, 'base64url'), open: Buffer.from(x, 'base64url') };
}

/** RFC 4251, section 5. */
function sshString(content: Buffer | string): Buffer {
  const bytes = Buffer.from(content);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}
