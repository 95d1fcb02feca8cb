import { existsSync } from 'node:fs';
import { chmod, chown, open, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { FirekilnError } from '../../../base/errors/firekiln-error.ts';
import type { FileLock } from '../../../base/lock.ts';
import { explainSystemError, systemCode } from '../../../base/system-error.ts';
import type { MachineSpec } from '../../driver.ts';
import type { VmmCommand } from '../../machine.ts';
import { type Identity, identityOf } from '../../unprivileged.ts';
import type { ExposeOptions, PlacePath, VmmPlace } from '../vmm-place.ts';
import { holdParentCgroup, parentCgroup } from './cgroup-folders.ts';
import { type BindMount, exposeFile } from './expose-file.ts';
import { makeJailFolder, removeJailFolder } from './jail-folder.ts';
import { filesFolder, type JailLayout, jailLayout, socketsFolder } from './jail-layout.ts';
import type { JailOptions } from './jail-options.ts';
import { lockJail, readRecord, removeJail, writeRecord } from './jail-record.ts';
import { jailerArguments } from './jailer-arguments.ts';
import { type MachineCgroups, machineCgroups } from './machine-cgroups.ts';
import { lastDescendant, processesOf } from './processes.ts';
import { supervised } from './supervised.ts';

/** Files that a VMM writes beside its drives: memory and state of a snapshot, metrics. */
const spareFileBytes = 256 << 20;
const mib = 1024 * 1024;

/**
 * A jail that Firecracker's own jailer makes: Firecracker runs as a user that owns nothing else, sees the files of its
 * machine and no others, and has its own PID and mount namespaces, cgroups and limits.
 */
export class JailPlace implements VmmPlace {
  readonly seesHost = false;
  readonly #spec: MachineSpec;
  readonly #binary: string;
  readonly #options: JailOptions;
  readonly #layout: JailLayout;
  readonly #identity: Identity;
  readonly #mounts: BindMount[] = [];
  readonly #borrowed: { readonly path: string; readonly uid: number; readonly gid: number }[] = [];
  #maxFileBytes: number;
  #cgroups: MachineCgroups | undefined;
  #lock: FileLock | undefined;
  #parentHeld: FileLock | undefined;

  private constructor(spec: MachineSpec, binary: string, options: JailOptions, layout: JailLayout) {
    this.#spec = spec;
    this.#binary = binary;
    this.#options = options;
    this.#layout = layout;
    this.#identity = jailIdentity(spec.id, options);
    this.#maxFileBytes = spec.memoryMiB * mib + spareFileBytes;
  }

  /** Makes nothing yet. */
  static async of(spec: MachineSpec, binary: string, options: JailOptions): Promise<JailPlace> {
    const { chrootBase } = options;
    return new JailPlace(spec, binary, options, await jailLayout({ chrootBase, binary, machineId: spec.id }));
  }

  socket(name: string): PlacePath {
    return this.#path(socketsFolder, name);
  }

  async open(): Promise<void> {
    const { stateDir, numaNode } = this.#options;
    const { id } = this.#spec;
    this.#lock = await lockJail(stateDir, id);
    if (this.#lock === undefined) throw this.#inUse('another process of Firekiln has it');
    const stale = await readRecord(stateDir, id);
    if (stale !== undefined) await removeJail(stateDir, stale, { isOwn: false });
    await this.#takeOver();
    this.#parentHeld = await holdParentCgroup();
    this.#cgroups = await machineCgroups(this.#spec, numaNode);
    const limited = new Set(this.#cgroups?.settings.map(({ controller }) => controller));
    if (!limited.has('cpu') || !limited.has('memory')) this.#options.onUnlimited?.();
    const record = { machineId: id, folder: this.#layout.folder, cgroups: this.#cgroups?.folders ?? [] };
    await writeRecord(stateDir, record);
    await makeJailFolder(this.#layout);
  }

  async expose(hostPath: string, { name, readOnly, isLent }: ExposeOptions): Promise<string> {
    const path = this.#path(filesFolder, name);
    const exposed = await exposeFile({ hostPath, target: path.host, readOnly, isLent, identity: this.#identity });
    if (exposed.mount !== undefined) this.#mounts.push(exposed.mount);
    if (exposed.givenBack !== undefined) this.#borrowed.push(exposed.givenBack);
    if (!readOnly) this.#maxFileBytes = Math.max(this.#maxFileBytes, (await stat(hostPath)).size);
    return path.vmm;
  }

  async createFile(name: string): Promise<PlacePath> {
    const path = this.#path(filesFolder, name);
    await using file = await open(path.host, 'w', 0o600);
    await file.chown(this.#identity.uid, this.#identity.gid);
    return path;
  }

  async launch(args: readonly string[]): Promise<VmmCommand> {
    const { network, id } = this.#spec;
    const words = jailerArguments({
      machineId: id,
      binary: this.#binary,
      chrootBase: this.#layout.base,
      identity: this.#identity,
      netnsPath: network?.kind === 'tap' ? network.netnsPath : undefined,
      cgroups: this.#cgroups && { ...this.#cgroups, parent: parentCgroup },
      maxFileBytes: this.#maxFileBytes,
      args,
    });
    return supervised(this.#mounts, this.#options.jailer, words);
  }

  async vmmPid(launched: number): Promise<number> {
    return await lastDescendant(launched);
  }

  async seal(): Promise<void> {
    await this.#letGoOfParent();
    for (const path of [this.#layout.root, join(this.#layout.root, socketsFolder)]) {
      await chown(path, 0, 0);
      await chmod(path, 0o755);
    }
  }

  async clean(): Promise<void> {
    const lock = this.#lock;
    if (lock === undefined) return;
    this.#lock = undefined;
    try {
      // First, or the parent could not be removed.
      await this.#letGoOfParent();
      await this.#giveBack();
      const { stateDir } = this.#options;
      const record = await readRecord(stateDir, this.#spec.id);
      if (record !== undefined) await removeJail(stateDir, record, { isOwn: true });
    } finally {
      await lock.releaseAndRemove();
    }
  }

  async #giveBack(): Promise<void> {
    for (const { path, uid, gid } of this.#borrowed) {
      await chown(path, uid, gid).catch((error: unknown) => {
        if (systemCode(error) !== 'ENOENT') throw explainSystemError(error, 'giving back', path);
      });
    }
  }

  /** Removes a jail that is not on record, as one of another data dir, if nobody is in it. */
  async #takeOver(): Promise<void> {
    const { folder } = this.#layout;
    if (!existsSync(folder)) return;
    const inside = await processesOf(this.#spec.id);
    if (inside.length > 0) throw this.#inUse(`process ${inside.join(', ')} runs in it`);
    await removeJailFolder(folder);
  }

  async #letGoOfParent(): Promise<void> {
    await this.#parentHeld?.[Symbol.asyncDispose]();
    this.#parentHeld = undefined;
  }

  #path(folder: string, name: string): PlacePath {
    return { host: join(this.#layout.root, folder, name), vmm: `/${folder}/${name}` };
  }

  #inUse(why: string): FirekilnError {
    return new FirekilnError('JAIL_IN_USE', `the jail ${this.#layout.folder} is in use: ${why}`, {
      hint: `The machine ${this.#spec.id} runs already; stop it first.`,
    });
  }
}

/** The user as whom a jailed machine's VMM runs. */
export function jailIdentity(machineId: string, { uid, gid }: Pick<JailOptions, 'uid' | 'gid'>): Identity {
  const own = identityOf(machineId);
  return { uid: uid ?? own.uid, gid: gid ?? own.gid };
}
