/** Which Firecracker, and how it is jailed. Paths are absolute. What is absent is as configured. */
export interface FirecrackerChoice {
  /** `--binary-firecracker`, `--binary-jailer`: empty means that on PATH, else that of the data dir. */
  readonly binary?: string | undefined;
  readonly jailer?: string | undefined;
  /** `--chroot-base`: the folder of jails. */
  readonly chrootBase?: string | undefined;
  readonly uid?: number | undefined;
  readonly gid?: number | undefined;
  readonly numaNode?: number | undefined;
  /** False for `--no-jailer`. */
  readonly jailed?: boolean | undefined;
}
