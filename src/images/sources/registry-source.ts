import { formatReference, type ImageReference, parseReference, withDefaultTag } from '../../formats/oci/reference.ts';
import type { FetchedManifest, RegistryClient } from '../../registry/registry-client.ts';
import type { Store } from '../../store/store.ts';
import type { ImageSource } from '../image-source.ts';
import { chooseImage } from './choose-image.ts';
import type { DocumentPlace } from './document-place.ts';
import { resolvedImage } from './resolved-image.ts';

/** Images of registries; once their layers are brought they are in the image store under the same name. */
export function registrySource(store: Store, client: RegistryClient): ImageSource {
  return {
    description: 'registry',
    async resolve(text, options) {
      const reference = withDefaultTag(parseReference(text));
      const root = await client.manifest(reference, options.signal);
      if (root === undefined) return undefined;
      const place = registryPlace(client, reference, root);
      const image = await chooseImage(place, root, options.platform, options.signal);
      const name = formatReference(reference);
      const location = `${root.endpoint.host}/${reference.path}@${root.digest}`;
      return resolvedImage({ store, place, image, name, origin: 'registry', location, tag: name }, options);
    },
  };
}

function registryPlace(client: RegistryClient, reference: ImageReference, root: FetchedManifest): DocumentPlace {
  const { domain, path } = reference;
  return {
    subject: formatReference(reference),
    blob: (descriptor, signal) => client.blob(reference, descriptor, { from: root.endpoint, signal }),
    document: async ({ digest }, signal) => {
      const found = await client.manifest({ domain, path, digest }, signal);
      // Too few bytes are refused by who asked.
      return found?.bytes ?? new Uint8Array();
    },
  };
}
