import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runProcess } from '../../src/base/process.ts';

export interface TestCertificates {
  /** The authority's certificate; its users have to trust it by hand. */
  readonly ca: string;
  /** Of `localhost` and 127.0.0.1, signed by the authority. */
  readonly cert: string;
  readonly key: string;
}

/** Makes an authority and a server certificate with openssl. */
export async function makeCertificates(): Promise<TestCertificates> {
  const folder = await mkdtemp(join(tmpdir(), 'firekiln-ca-'));
  const at = (name: string) => join(folder, name);
  try {
    const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
    await openssl(
      'req',
      '-x509',
      ...newKey,
      '-keyout',
      at('ca.key'),
      '-out',
      at('ca.pem'),
      '-days',
      '2',
      '-subj',
      '/CN=test authority',
    );
    const names = 'subjectAltName=DNS:localhost,IP:127.0.0.1';
    const signed = [
      '-CA',
      at('ca.pem'),
      '-CAkey',
      at('ca.key'),
      '-days',
      '2',
      '-addext',
      names,
      '-subj',
      '/CN=localhost',
    ];
    await openssl('req', '-x509', ...newKey, '-keyout', at('key.pem'), '-out', at('cert.pem'), ...signed);
    const [ca, cert, key] = await Promise.all(
      ['ca.pem', 'cert.pem', 'key.pem'].map((name) => readFile(at(name), 'utf8')),
    );
    return { ca: ca ?? '', cert: cert ?? '', key: key ?? '' };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function openssl(...args: string[]): Promise<void> {
  await runProcess('openssl', { args, timeoutMs: 30_000 });
}
