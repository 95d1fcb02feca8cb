import { chown, copyFile, constants as fsConstants, link, mkdir, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { explainSystemError } from '../../base/system-error.ts';
import type { MachineSpec } from '../driver.ts';
import { joinInitrds } from '../join-initrds.ts';
import type { Identity } from '../unprivileged.ts';
import type { QemuFiles } from './command-line.ts';

/** Name of the folder in a machine's run folder that belongs to its QEMU. */
export const qemuFolderName = 'vm';
const names = { control: 'control.sock', qmp: 'qmp.sock', initrd: 'initrd', kernel: 'kernel', network: 'net.sock' };

/** The sockets that a machine makes in its run folder. */
export const socketNames: readonly string[] = [names.control, names.qmp].map((name) => join(qemuFolderName, name));

/** What QEMU finds in the folder in which it starts, and the drives that it is handed open. */
export interface QemuFolder {
  readonly path: string;
  readonly files: QemuFiles;
  readonly driveFds: readonly number[];
  /** Closes the drives, which QEMU then has for itself. */
  closeDrives(): Promise<void>;
}

/** Where {@link prepareQemuFolder} lets QEMU listen. */
export function hostSockets(runDir: string): { readonly control: string; readonly qmp: string } {
  const at = (name: string) => join(runDir, qemuFolderName, name);
  return { control: at(names.control), qmp: at(names.qmp) };
}

/**
 * Makes the folder. QEMU may run as a user that can reach nothing of its owner: the drives are opened for it, and what
 * it opens itself lies in its folder under relative names.
 */
export async function prepareQemuFolder(
  spec: MachineSpec,
  kernel: string,
  identity: Identity | undefined,
): Promise<QemuFolder> {
  const path = join(spec.runDir, qemuFolderName);
  const handles: { readonly fd: number; close(): Promise<void> }[] = [];
  const closeDrives = async () => {
    for (const handle of handles) await handle.close();
  };
  const give = async (name: string) => {
    if (identity !== undefined) await chown(join(path, name), identity.uid, identity.gid);
  };
  try {
    // One that a killed process has left.
    await rm(path, { recursive: true, force: true });
    await mkdir(path, { mode: 0o700 });
    if (spec.initrds.length > 0) {
      await joinInitrds(spec.initrds, join(path, names.initrd));
      await give(names.initrd);
    }
    if (identity !== undefined) {
      await copyFile(kernel, join(path, names.kernel), fsConstants.COPYFILE_FICLONE);
      await give(names.kernel);
    }
    if (spec.network?.kind === 'stream-socket') {
      await link(spec.network.socketPath, join(path, names.network));
      await give(names.network);
    }
    for (const drive of spec.drives) handles.push(await open(drive.path, drive.readOnly ? 'r' : 'r+'));
    // Last: from now on its owner may change what is in it.
    await give('.');
  } catch (error) {
    await closeDrives();
    await rm(path, { recursive: true, force: true });
    throw explainSystemError(error, 'preparing', path);
  }
  return {
    path,
    files: {
      kernel: identity === undefined ? kernel : names.kernel,
      initrd: spec.initrds.length > 0 ? names.initrd : undefined,
      controlSocket: names.control,
      qmpSocket: names.qmp,
      networkSocket: names.network,
    },
    driveFds: handles.map(({ fd }) => fd),
    closeDrives,
  };
}
