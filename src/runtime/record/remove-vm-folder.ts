import { rm } from 'node:fs/promises';
import type { Store } from '../../store/store.ts';
import type { VmFolder } from './vm-folder.ts';

/** The pin that keeps a VM's segments and layers in the store as long as the VM is there. */
export function pinName(id: string): string {
  return `vm ${id}`;
}

/** What is left of a VM that has ended. Safe twice. */
export async function removeVmFolder(folder: VmFolder, store: Store): Promise<void> {
  await store.pins.remove(pinName(folder.id));
  await rm(folder.path, { recursive: true, force: true });
}
