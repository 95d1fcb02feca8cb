import { open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { MachineSpec } from '../driver.ts';
import { inNetns } from '../in-netns.ts';
import type { VmmCommand } from '../machine.ts';
import type { PlacePath, VmmPlace } from './vmm-place.ts';

/** No jail: Firecracker runs as the user who started it, sees all files, and makes its own in the run folder. */
export class PlainPlace implements VmmPlace {
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

  async expose(hostPath: string): Promise<string> {
    return hostPath;
  }

  async createFile(name: string): Promise<PlacePath> {
    const path = this.#path(name);
    await (await open(path.host, 'w', 0o600)).close();
    return path;
  }

  async launch(args: readonly string[]): Promise<VmmCommand> {
    return inNetns(this.#spec.network, this.#binary, ['--id', this.#spec.id, ...args]);
  }

  async vmmPid(launched: number): Promise<number> {
    return launched;
  }

  async seal(): Promise<void> {}

  async clean(): Promise<void> {
    for (const path of this.#made) await rm(path, { force: true });
  }

  #path(name: string): PlacePath {
    const path = join(this.#spec.runDir, name);
    this.#made.add(path);
    return { host: path, vmm: path };
  }
}
