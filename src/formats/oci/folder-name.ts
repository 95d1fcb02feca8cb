import { FirekilnError } from '../../base/errors/firekiln-error.ts';
import { defaultDomain, type ImageReference, officialPrefix, withDefaultTag } from './reference.ts';

/**
 * Where an image lies in a base store, below its root: `_/debian/bookworm`, `tests/consul/1.9.3`; images of other
 * registries below their host. Safe to join: no part is empty, `.` or `..`. Throws REFERENCE_INVALID for a name by
 * digest alone.
 */
export function folderName(reference: ImageReference): string {
  const { domain, path, tag } = withDefaultTag(reference);
  if (tag === undefined) {
    throw new FirekilnError('REFERENCE_INVALID', `${path} has no tag: an image by digest has no place in a base store`);
  }
  if (domain !== defaultDomain) return `${domain}/${path}/${tag}`;
  return path.startsWith(officialPrefix) ? `_/${path.slice(officialPrefix.length)}/${tag}` : `${path}/${tag}`;
}
