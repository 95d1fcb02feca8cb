/** What a build in place is asked for beside a build (docs/in-place.md). */
export interface InPlaceRequest {
  /** A user of the base. */
  readonly user: string;
  readonly port: number;
  /** A private key of the host. */
  readonly keyFile: string | undefined;
  /** The agent whose keys are tried. */
  readonly agentSocket: string | undefined;
  /** Whether programs in the VM reach that agent. */
  readonly forwardAgent: boolean;
  /** A kernel of the user's. */
  readonly kernel: string | undefined;
  readonly kernelArgs: readonly string[];
  /** Where a kernel that boots the disk by itself finds its root. */
  readonly partuuid: string | undefined;
  readonly preBuildCommands: readonly string[];
  readonly postBuildCommands: readonly string[];
  /** Undefined: don't test whether the VM reaches the outside. */
  readonly egress: { readonly target: string; readonly timeoutMs: number } | undefined;
  /** A program of the host that makes the image's command a service of the base's init. */
  readonly installer: string | undefined;
  readonly shutdownGraceMs: number;
}
