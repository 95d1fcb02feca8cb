import { generateKeyPairSync } from 'node:crypto';
import ssh2 from 'ssh2';

/** The key pair of an SSH server, in the forms that the two ends want. */
export interface HostKey {
  /** As dropbear reads it (`dropbear -r FILE`). */
  readonly dropbear: Buffer;
  /** The public key on the wire (RFC 8709, section 4), to be pinned. */
  readonly publicBlob: Buffer;
}

export interface ClientKey {
  /** OpenSSH's private key file. */
  readonly privateKey: string;
  /** A line of authorized_keys. */
  readonly authorizedKey: string;
}

/** A new Ed25519 host key, never written anywhere by this. */
export function createHostKey(): HostKey {
  const { privateKey } = generateKeyPairSync('ed25519');
  const { d, x } = privateKey.export({ format: 'jwk' });
  if (d === undefined || x === undefined) throw new Error('an Ed25519 key without its numbers');
  const [secret, open] = [Buffer.from(d, 'base64url'), Buffer.from(x, 'base64url')];
  const name = sshString(Buffer.from('ssh-ed25519'));
  return {
    // dropbear's ed25519.c, buf_put_ed25519_priv_key: one string of both halves.
    dropbear: Buffer.concat([name, sshString(Buffer.concat([secret, open]))]),
    publicBlob: Buffer.concat([name, sshString(open)]),
  };
}

/** A new Ed25519 client key for one machine. */
export function createClientKey(): ClientKey {
  const { private: privateKey, public: authorizedKey } = ssh2.utils.generateKeyPairSync('ed25519');
  return { privateKey, authorizedKey: `${authorizedKey}\n` };
}

/** RFC 4251, section 5. */
function sshString(bytes: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}
