import type { Store } from '../../store/store.ts';
import { exportDir } from './export-dir.ts';
import { exportExt4 } from './export-ext4.ts';
import { exportOci } from './export-oci.ts';
import type { ExportRequest } from './export-request.ts';
import { exportTar } from './export-tar.ts';

/**
 * Writes an image to the host in one of the forms of `-o`. A file or a folder is there whole or not at all; content
 * that is merged into a folder of the user's is written out first, and then moved. Throws DISK_FULL, PERMISSION,
 * EXPORT_PLACE, EXT4_TOO_SMALL, EXT4_LIMIT, ABORTED.
 */
export async function exportImage(store: Store, request: ExportRequest): Promise<void> {
  switch (request.type) {
    case 'ext4':
      await exportExt4(store, request);
      return;
    case 'tar':
      await exportTar(store, request);
      return;
    case 'oci':
    case 'docker':
      await exportOci(store, request);
      return;
    case 'dir':
    case 'local':
      await exportDir(store, request);
      return;
  }
}
