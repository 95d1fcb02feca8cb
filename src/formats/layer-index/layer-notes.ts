/** What the rules of a layer changed or passed over; zero in layers of common tools. */
export interface LayerNotes {
  /** Attributes `trusted.overlay.*` and `user.overlay.*`, dropped. */
  overlayXattrs: number;
  /** Attributes outside the namespaces of Linux, dropped. */
  foreignXattrs: number;
  /** Character devices 0:0, taken for whiteouts. */
  deviceWhiteouts: number;
  /** Paths that lead above the root with `..`, stopped there. */
  clampedPaths: number;
  /** Entries of aufs, ignored. */
  aufsEntries: number;
}

export function noNotes(): LayerNotes {
  return { overlayXattrs: 0, foreignXattrs: 0, deviceWhiteouts: 0, clampedPaths: 0, aufsEntries: 0 };
}
