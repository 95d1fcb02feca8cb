/** Where CNI keeps its things: absolute paths, the first two may be lists with `:`. What is absent is as configured. */
export interface CniPlaces {
  readonly cniBinDir?: string | undefined;
  readonly cniConfDir?: string | undefined;
  readonly cniCacheDir?: string | undefined;
  /** Folder in which the network namespaces of VMs get their paths. */
  readonly netns?: string | undefined;
}

/** Which network VMs are to have. */
export type NetworkChoice = { readonly places?: CniPlaces | undefined } & (
  | {
      readonly kind: /** That of the configuration, else the user network where the driver can use it. */
        | 'default'
        /** That of {@link NetworkProvider} `user`. */
        | 'user'
        | 'none';
    }
  | { readonly kind: 'cni'; readonly name: string }
);

/** For messages and for people: the name of a CNI network, or the kind. */
export function networkName(choice: NetworkChoice): string {
  return choice.kind === 'cni' ? choice.name : choice.kind;
}
