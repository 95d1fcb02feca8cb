/** Ceilings for what configuration files and plugins give, in bytes and in items. */
export const cniLimits = {
  /** A configuration file, a cached result, the output of a plugin. */
  bytes: 1 << 20,
  /** Plugins of a network. */
  plugins: 64,
  /** Interfaces, addresses and routes of a result, each; capabilities of a plugin. */
  items: 1024,
  /** Files of a folder with configurations, or with cached results. */
  files: 10_000,
} as const;
