import { open, rm, symlink } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { MachineSpec } from '../driver.ts';
import { inNetns } from '../in-netns.ts';
import type { VmmCommand } from '../machine.ts';
import type { ExposeOptions, PlacePath, VmmPlace } from './vmm-place.ts';

/**
 * No jail: Firecracker runs as the user who started it, in the run folder, where it makes its files and finds links to
 * those of the host.
 */
export class PlainPlace implements VmmPlace {
  readonly seesHost = true;
  readonly #spec: MachineSpec;
  readonly #binary: string;
  readonly #made = new Set<string>();

  constructor(spec: MachineSpec, binary: string) {
    this.#spec = spec;
    this.#binary = binary;
  }

  socket(name: string): PlacePath {
    return this.#path(name);
  }

  async open(): Promise<void> {
    await this.clean();
  }

  async expose(hostPath: string, { name }: ExposeOptions): Promise<string> {
    const { host, vmm } = this.#path(name);
    await rm(host, { force: true });
    await symlink(resolve(hostPath), host);
    return vmm;
  }

  async createFile(name: string): Promise<PlacePath> {
    const path = this.#path(name);
    await (await open(path.host, 'w', 0o600)).close();
    return path;
  }

  async launch(args: readonly string[]): Promise<VmmCommand> {
    const command = inNetns(this.#spec.network, this.#binary, ['--id', this.#spec.id, ...args]);
    return { ...command, cwd: this.#spec.runDir };
  }

  async vmmPid(launched: number): Promise<number> {
    return launched;
  }

  async seal(): Promise<void> {}

  async clean(): Promise<void> {
    for (const path of this.#made) await rm(path, { force: true });
  }

  #path(name: string): PlacePath {
    const host = join(this.#spec.runDir, name);
    this.#made.add(host);
    return { host, vmm: name };
  }
}
