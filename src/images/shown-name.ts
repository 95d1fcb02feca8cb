import { familiarName } from '../formats/oci/familiar-name.ts';
import { parseReference } from '../formats/oci/reference.ts';

/** The name of a record as people write it; that of an image without a name as a short id. */
export function shownName(name: string): string {
  return name.startsWith('sha256:') ? name.slice(7, 19) : familiarName(parseReference(name));
}
