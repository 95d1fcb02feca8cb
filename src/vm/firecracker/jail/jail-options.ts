/** How Firecracker is jailed. */
export interface JailOptions {
  /** Path of the jailer, of the same version as Firecracker. */
  readonly jailer: string;
  /** `--chroot-base`: jails are `<chrootBase>/<file name of firecracker>/<machine id>/root`. */
  readonly chrootBase: string;
  /** The user and the group of all machines; by default each has its own ({@link identityOf}). */
  readonly uid?: number | undefined;
  readonly gid?: number | undefined;
  /** The machine's memory and processors are of this NUMA node. */
  readonly numaNode?: number | undefined;
  /** A folder in which is recorded what jails there are. */
  readonly stateDir: string;
  /** A machine can't be given limits of its processors and its memory on this host. */
  readonly onUnlimited?: (() => void) | undefined;
}
