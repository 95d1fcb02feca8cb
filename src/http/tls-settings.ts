import { readFileSync } from 'node:fs';
import { createSecureContext, rootCertificates, type SecureContext } from 'node:tls';

/** How a server is to be trusted, and how we show ourselves to it. */
export interface TlsSettings {
  /** PEM texts, trusted beside the system's authorities. */
  readonly authorities?: readonly string[];
  /** PEM texts of client certificates and their keys. */
  readonly keyPairs?: readonly { readonly cert: string; readonly key: string }[];
  /** Don't verify at all. */
  readonly insecure?: boolean;
}

/** Where distributions keep their bundle; the list that Go looks through (crypto/x509/root_linux.go). */
const bundles = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/ca-bundle.pem',
  '/etc/pki/tls/cacert.pem',
  '/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem',
  '/etc/ssl/cert.pem',
];

let systemAuthorities: string | undefined;

/**
 * A context for connections. The system's authorities count, so that a company's own CA works as it does for every
 * other program; Node's built-in ones where there is no bundle. Making one takes tens of milliseconds: make it once.
 */
export function secureContext(settings: TlsSettings): SecureContext {
  systemAuthorities ??= readBundle();
  const system = systemAuthorities === '' ? rootCertificates : [systemAuthorities];
  const pairs = settings.keyPairs ?? [];
  return createSecureContext({
    ca: [...system, ...(settings.authorities ?? [])],
    ...(pairs.length === 0 ? {} : { cert: pairs.map((it) => it.cert), key: pairs.map((it) => it.key) }),
    minVersion: 'TLSv1.2',
  });
}

function readBundle(): string {
  for (const path of [process.env.SSL_CERT_FILE, ...bundles]) {
    if (path === undefined || path === '') continue;
    try {
      return readFileSync(path, 'utf8');
    } catch {
      // Another distribution's place.
    }
  }
  return '';
}
