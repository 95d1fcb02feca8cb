import { canonicalName, parseReference } from '../../formats/oci/reference.ts';

/** True if a name in a layout or an archive is the wanted one in any form, or is a full one that ends in the wanted tag. */
export function isNameOf(name: string | undefined, wanted: string | undefined): boolean {
  if (name === undefined || wanted === undefined) return false;
  try {
    return parseReference(name).tag === wanted || canonicalName(name) === canonicalName(wanted);
  } catch {
    return false;
  }
}
