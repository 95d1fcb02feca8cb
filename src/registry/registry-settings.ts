/** What config.toml says of one registry, in the keys of buildkitd.toml. */
export interface RegistryHostSettings {
  /** `host[:port][/path]`, asked in order before the registry itself. */
  readonly mirrors: readonly string[];
  /** Plain HTTP; by default for loopback hosts only. */
  readonly http?: boolean;
  /** https without verification, plain HTTP where there is no https. */
  readonly insecure?: boolean;
  /** PEM texts. */
  readonly authorities: readonly string[];
  /** PEM texts. */
  readonly keyPairs: readonly { readonly cert: string; readonly key: string }[];
}

/** By host as in references: `docker.io`, `localhost:5000`. */
export type RegistrySettings = ReadonlyMap<string, RegistryHostSettings>;
