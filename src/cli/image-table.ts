import type { ImageDescription } from '../images/describe-image.ts';
import { formatBytes } from '../report/format.ts';
import { tableLines } from './table.ts';

/** A line for each name of each image, and one for an image without a name. */
export function imageTable(
  images: readonly ImageDescription[],
  options: { readonly short: boolean },
): readonly string[] {
  const rows = images.flatMap(({ id, names, created, size, ownSize }) => {
    const rest = [
      options.short ? id.slice(7, 19) : id,
      created?.slice(0, 19) ?? '',
      formatBytes(size),
      formatBytes(ownSize),
    ];
    return (names.length === 0 ? ['<none>:<none>'] : names).map((name) => [...splitName(name), ...rest]);
  });
  return tableLines([['REPOSITORY', 'TAG', 'IMAGE ID', 'CREATED', 'SIZE', 'OWN SIZE'], ...rows]);
}

function splitName(name: string): readonly [repository: string, tag: string] {
  const at = name.indexOf('@');
  if (at !== -1) return [name.slice(0, at), '<none>'];
  const colon = name.lastIndexOf(':');
  return colon > name.lastIndexOf('/') ? [name.slice(0, colon), name.slice(colon + 1)] : [name, 'latest'];
}
