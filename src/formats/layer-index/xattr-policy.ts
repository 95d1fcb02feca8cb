import type { ByteString } from '../../base/byte-string.ts';
import { maxXattrNameBytes, maxXattrValueBytes } from './layer-limits.ts';
import type { LayerNotes } from './layer-notes.ts';

const overlay = /^(?:trusted|user)\.overlay\./;
const linux = /^(?:user|trusted|security)\..|^system\.posix_acl_(?:access|default)$/s;

/**
 * The attributes of a layer's entry that a file system of Firekiln is given: none that overlayfs would obey (a forged
 * one could show another tree than the index), and none that Linux has no place for. `exceeds` is called with a ceiling
 * that one is above.
 */
export function allowedXattrs(
  xattrs: ReadonlyMap<ByteString, Uint8Array> | undefined,
  notes: LayerNotes,
  exceeds: (what: string) => never,
): ReadonlyMap<ByteString, Uint8Array> | undefined {
  if (xattrs === undefined) return undefined;
  const kept = new Map<ByteString, Uint8Array>();
  for (const [name, value] of xattrs) {
    if (overlay.test(name)) notes.overlayXattrs++;
    else if (!linux.test(name)) notes.foreignXattrs++;
    else {
      if (name.length > maxXattrNameBytes) exceeds(`maxXattrNameBytes is ${maxXattrNameBytes}`);
      if (value.length > maxXattrValueBytes) exceeds(`maxXattrValueBytes is ${maxXattrValueBytes}`);
      kept.set(name, value);
    }
  }
  return kept.size === 0 ? undefined : kept;
}
