import { timeSpan } from '../base/time-span.ts';
import type { StoredBase } from '../images/bases/base-store.ts';
import type { ImageDescription } from '../images/describe-image.ts';
import { formatBytes } from '../report/format.ts';
import { tableLines } from './table.ts';

/** A line for each name of each image, and one for an image without a name. */
export function imageTable(
  images: readonly ImageDescription[],
  options: { readonly short: boolean; readonly now?: number },
): readonly string[] {
  const { now = Date.now() } = options;
  const rows = images.flatMap(({ id, names, created, size, ownSize }) => {
    const rest = [
      options.short ? id.slice(7, 19) : id,
      createdAgo(created, now),
      formatBytes(size),
      formatBytes(ownSize),
    ];
    return (names.length === 0 ? ['<none>:<none>'] : names).map((name) => [...splitName(name), ...rest]);
  });
  return tableLines([['REPOSITORY', 'TAG', 'IMAGE ID', 'CREATED', 'SIZE', 'OWN SIZE'], ...rows]);
}

/** The root file systems of a base store. */
export function baseStoreTable(bases: readonly StoredBase[], now = Date.now()): readonly string[] {
  const rows = bases.map(({ name, created, size, diskSize, path }) => [
    name,
    createdAgo(created, now),
    formatBytes(size),
    formatBytes(diskSize),
    path,
  ]);
  return tableLines([['BASE', 'CREATED', 'SIZE', 'ON DISK', 'PATH'], ...rows]);
}

/** As docker shows it; the time itself is in `--json`. */
function createdAgo(created: string | undefined, now: number): string {
  const time = created === undefined ? Number.NaN : Date.parse(created);
  return Number.isNaN(time) ? '' : `${timeSpan(Math.max(0, now - time))} ago`;
}

function splitName(name: string): readonly [repository: string, tag: string] {
  const at = name.indexOf('@');
  if (at !== -1) return [name.slice(0, at), '<none>'];
  const colon = name.lastIndexOf(':');
  return colon > name.lastIndexOf('/') ? [name.slice(0, colon), name.slice(colon + 1)] : [name, 'latest'];
}
