import fc from 'fast-check';
import type { ImageReference } from '../../src/formats/oci/reference.ts';

const component = fc.stringMatching(/^[a-z0-9]+((\.|_|__|-{1,3})[a-z0-9]+){0,3}$/).filter((it) => it.length <= 40);
const host = fc.oneof(
  fc.constantFrom('docker.io', 'localhost', 'localhost:5000', 'ghcr.io', '127.0.0.1:80', '[::1]:5000', 'UPPER'),
  fc.stringMatching(/^[a-zA-Z0-9]([a-zA-Z0-9-]{0,8}[a-zA-Z0-9])?\.[a-z]{2,5}(:[0-9]{1,5})?$/),
);

/** References in normal form. */
export function anyReference(): fc.Arbitrary<ImageReference> {
  return fc
    .record(
      {
        domain: host,
        parts: fc.array(component, { minLength: 1, maxLength: 4 }),
        tag: fc.stringMatching(/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,20}$/),
        digest: fc.stringMatching(/^[0-9a-f]{64}$/).map((hex) => `sha256:${hex}` as const),
      },
      { requiredKeys: ['domain', 'parts'] },
    )
    .map(({ domain, parts, ...rest }) => {
      const known = domain === 'index.docker.io' ? 'docker.io' : domain;
      const path = known === 'docker.io' && parts.length === 1 ? `library/${parts[0]}` : parts.join('/');
      return { domain: known, path, ...rest };
    });
}
