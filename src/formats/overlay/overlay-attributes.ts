import { type ByteString, byteStringFromText, textOf } from '../../base/byte-string.ts';
import { FirekilnError } from '../../base/errors/firekiln-error.ts';

/** What the attributes of a file in an upper directory say (kernel Documentation/filesystems/overlayfs.rst). */
export interface OverlayAttributes {
  /** Nothing of the layers below shows in this directory. */
  readonly isOpaque: boolean;
  /** The file stands for a whiteout, if it is an empty regular file (Linux 6.7 and later). */
  readonly isWhiteout: boolean;
  /** What belongs to the file itself: all but `trusted.overlay.*`. Undefined if there is nothing. */
  readonly own: ReadonlyMap<ByteString, Uint8Array> | undefined;
}

const prefix = 'trusted.overlay.';
const opaque = byteStringFromText(`${prefix}opaque`);
const whiteout = byteStringFromText(`${prefix}whiteout`);
/** They make overlayfs show another file's data or folder; Firekiln mounts with `redirect_dir=nofollow,metacopy=off`. */
const refused = new Map<ByteString, string>([
  [byteStringFromText(`${prefix}redirect`), 'it redirects to another path'],
  [byteStringFromText(`${prefix}metacopy`), 'it takes its data from another file'],
]);
/** The value that makes a directory opaque; `x` only says that attributes may mark whiteouts in it. */
const yes = 0x79;

const plain: OverlayAttributes = Object.freeze({ isOpaque: false, isWhiteout: false, own: undefined });

/** OVERLAY_UPPER_INVALID if an attribute is there that overlayfs does not write under Firekiln's mount options. */
export function overlayAttributes(path: ByteString, all: ReadonlyMap<ByteString, Uint8Array>): OverlayAttributes {
  if (all.size === 0) return plain;
  let own: Map<ByteString, Uint8Array> | undefined;
  for (const [name, value] of all) {
    if (!name.startsWith(prefix)) {
      own ??= new Map();
      own.set(name, value);
      continue;
    }
    const why = refused.get(name);
    if (why !== undefined) {
      throw new FirekilnError(
        'OVERLAY_UPPER_INVALID',
        `what the step wrote cannot be read: '${textOf(path)}' has the attribute ${textOf(name)} (${why})`,
      );
    }
  }
  const mark = all.get(opaque);
  return { isOpaque: mark?.length === 1 && mark[0] === yes, isWhiteout: all.has(whiteout), own };
}

/** Without `trusted.overlay.*`; of a file of the layers below. */
export function ownAttributes(all: ReadonlyMap<ByteString, Uint8Array> | undefined): Map<ByteString, Uint8Array> {
  return new Map([...(all ?? [])].filter(([name]) => !name.startsWith(prefix)));
}
