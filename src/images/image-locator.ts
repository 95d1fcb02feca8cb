import { type Digest, isDigest } from '../base/digest.ts';
import { FirekilnError } from '../base/errors/firekiln-error.ts';

/** An image in a file or a folder of the host. */
export interface ImageLocator {
  readonly type: 'oci-layout' | 'archive';
  readonly path: string;
  readonly tag: string | undefined;
  readonly digest: Digest | undefined;
}

/**
 * Reads `oci-layout://PATH[:TAG][@DIGEST]`, as docker's --build-context has it, and the same with `oci-archive://` and
 * `docker-archive://` for tar archives. Undefined for what does not begin so. Throws REFERENCE_INVALID.
 */
export function parseImageLocator(text: string): ImageLocator | undefined {
  const match = /^(oci-layout|oci-archive|docker-archive):\/\/(.*)$/s.exec(text);
  if (match === null) return undefined;
  const [, scheme, rest = ''] = match;
  const at = rest.lastIndexOf('@');
  const digest = at === -1 ? undefined : rest.slice(at + 1);
  const named = at === -1 ? rest : rest.slice(0, at);
  if (digest !== undefined && !isDigest(digest)) {
    throw new FirekilnError('REFERENCE_INVALID', `${text}: ${JSON.stringify(digest)} is no sha256 digest`);
  }
  const colon = named.indexOf(':', named.lastIndexOf('/') + 1);
  const path = colon === -1 ? named : named.slice(0, colon);
  if (path === '') throw new FirekilnError('REFERENCE_INVALID', `${text}: it has no path`);
  return {
    type: scheme === 'oci-layout' ? 'oci-layout' : 'archive',
    path,
    tag: colon === -1 ? undefined : named.slice(colon + 1),
    digest,
  };
}
