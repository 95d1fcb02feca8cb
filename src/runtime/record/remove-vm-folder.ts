import { rename, rm } from 'node:fs/promises';
import { explainSystemError, systemCode } from '../../base/system-error.ts';
import type { Store } from '../../store/store.ts';
import type { VmFolder } from './vm-folder.ts';

/** The pin that keeps a VM's segments and layers in the store as long as the VM is there. */
export function pinName(id: string): string {
  return `vm ${id}`;
}

/** Of the folder of a VM, while it is removed. */
export const removedSuffix = '.removed';

/** What is left of a VM that has ended. At once for those who look, who would else find a part of it. Safe twice. */
export async function removeVmFolder(folder: VmFolder, store: Store): Promise<void> {
  await store.pins.remove(pinName(folder.id));
  const removed = folder.path + removedSuffix;
  await rename(folder.path, removed).catch((error: unknown) => {
    if (systemCode(error) !== 'ENOENT') throw explainSystemError(error, 'removing', folder.path);
  });
  await rm(removed, { recursive: true, force: true });
}
