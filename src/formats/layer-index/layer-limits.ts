/** Bytes of one name: NAME_MAX of Linux, and all that ext4 has room for. */
export const maxNameBytes = 255;

/** Bytes of a path: PATH_MAX of Linux without its NUL. No program could name a longer one, no tool unpack it. */
export const maxPathBytes = 4095;

/** Bytes of a symlink's target: what symlink(2) takes. */
export const maxLinkTargetBytes = 4095;

/** Paths of one layer, implied folders included. The largest images have a few hundred thousand; each costs 150 bytes. */
export const maxLayerPaths = 2_097_152;

/** Bytes of names and metadata of one layer: about 60 for an entry, so that only attributes without measure exceed it. */
export const maxLayerMetadataBytes = 256 * 1024 * 1024;

/** Bytes of an extended attribute's name and value: XATTR_NAME_MAX and XATTR_SIZE_MAX of Linux. */
export const maxXattrNameBytes = 255;
export const maxXattrValueBytes = 65_536;

/** Symlinks, and components they add, that the folder of one entry may lead through. */
export const maxParentLinks = 40;
export const maxParentSteps = 4096;
