import { sha256 } from '../../base/digest.ts';
import { writeExt4File } from '../../images/ext4-file.ts';
import { emptySource } from '../../images/segments/segment-source.ts';

/** A sparse ext4 image for what a VM writes. It dies with its VM: no journal. */
export async function makeScratch(
  path: string,
  options: { readonly id: string; readonly sizeMiB: number },
): Promise<void> {
  const size = options.sizeMiB * 1024 * 1024;
  await writeExt4File(emptySource, path, {
    identity: sha256(`scratch of ${options.id}`),
    label: 'scratch',
    writable: { size, journal: false, growTo: size },
  });
}
