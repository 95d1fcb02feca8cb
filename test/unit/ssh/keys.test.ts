import ssh2 from 'ssh2';
import { describe, expect, it } from 'vitest';
import { createKeyPair } from '../../../src/ssh/keys.ts';

describe('createKeyPair', () => {
  it('makes keys that are always read, also those with leading zeros', () => {
    for (let count = 0; count < 1500; count++) {
      const { privateKey, authorizedKey } = createKeyPair();
      const parsed = ssh2.utils.parseKey(privateKey);
      if (parsed instanceof Error) throw parsed;
      const [key] = Array.isArray(parsed) ? parsed : [parsed];
      expect(`ssh-ed25519 ${key?.getPublicSSH().toString('base64')}\n`).toBe(authorizedKey);
      if (count > 0) continue;
      const signature = key?.sign(Buffer.from('message'));
      expect(signature instanceof Buffer && key?.verify(Buffer.from('message'), signature)).toBe(true);
    }
  });
});
