import { familiarName } from '../../formats/oci/familiar-name.ts';
import { parseReference } from '../../formats/oci/reference.ts';

/**
 * The form in which named contexts are compared with stage names and image references: familiar, without `:latest`, in
 * lower case. A name that is no image reference is compared as it is.
 */
export function contextName(name: string): string {
  const lower = name.toLowerCase();
  try {
    return familiarName(parseReference(lower)).replace(/:latest$/, '');
  } catch {
    return lower;
  }
}
