/** What the distribution spec asks registries to take at least; nothing real comes near. */
export const maxManifestBytes = 4 << 20;
/** A config grows with its history; the largest seen in the wild are below 100 KiB. */
export const maxConfigBytes = 8 << 20;
/** Overlay file systems end at some 500 lower folders, Docker at 127 layers. */
export const maxLayers = 1024;
/** Platforms and attestations of one index. */
export const maxIndexEntries = 4096;
/** An index may hold indexes (image-index.md); nothing real goes deeper than two. */
export const maxIndexDepth = 4;
