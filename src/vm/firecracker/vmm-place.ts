import type { VmmCommand } from '../machine.ts';

/** One file, as this process names it and as the VMM does, whose root folder may be another. */
export interface PlacePath {
  readonly host: string;
  readonly vmm: string;
}

export interface ExposeOptions {
  readonly name: string;
  readonly readOnly: boolean;
  /** Too large to be copied. No other VMM may be about to open it. */
  readonly isLent?: boolean;
}

/**
 * Where one Firecracker runs: what it sees of the host's files, where it makes its own, and how it is started.
 *
 * `open` -> `expose`, `createFile` -> `launch` -> the API is configured -> `seal` -> the guest runs -> `clean`. `clean` is
 * legal in every state and safe twice; the VMM must have ended.
 */
export interface VmmPlace {
  /** A socket that the VMM is to listen on, or that is to be made for it. Legal in every state. */
  socket(name: string): PlacePath;
  /** Makes the place; what a killed process has left of it is removed. */
  open(): Promise<void>;
  /**
   * Lets the VMM open a file of the host, for writing too unless `readOnly`: the path under which it finds it. That depends
   * on `name` alone, since a snapshot names its drives by it, and another machine may load it. A file for its owner only may
   * be copied for the VMM, or if it is `lent`, its group changes.
   */
  expose(hostPath: string, options: ExposeOptions): Promise<string>;
  /** An empty file that the VMM may write to, for nobody else to read; legal while it runs too. */
  createFile(name: string): Promise<PlacePath>;
  /** The VMM can write wherever this process can. */
  readonly seesHost: boolean;
  /** How Firecracker is started with these arguments. */
  launch(args: readonly string[]): Promise<VmmCommand>;
  /** The VMM's own process, where what was launched is its parent; legal once it answers. */
  vmmPid(launched: number): Promise<number>;
  /**
   * The VMM has made its sockets and no guest has run yet: from now on it can't replace what this process opens by name.
   */
  seal(): Promise<void>;
  /** Removes the place and all that the VMM made in it. */
  clean(): Promise<void>;
}
