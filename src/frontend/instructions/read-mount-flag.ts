import type { FlagText } from './flags.ts';
import { readKeyValues } from './key-values.ts';
import type { MountFlag } from './mount.ts';
import { mountFault } from './mount-fault.ts';

/** What can be said of a `--mount` before its variables are known. Throws DOCKERFILE_INSTRUCTION without a place. */
export function readMountFlag({ value, token }: FlagText): MountFlag {
  const fields = readKeyValues(value);
  if (fields === undefined) throw mountFault('is no list of key=value, separated by commas; check its quotes');
  let from: string | undefined;
  for (const field of fields) {
    if (field.key !== 'from' || field.value === undefined) continue;
    from = field.value;
    const dollar = from.indexOf('$');
    if (dollar >= 0 && dollar !== from.length - 1) {
      throw mountFault(`has from=${from}, but variables are not expanded there`, {
        hint: 'Give the image a name with `FROM image AS name`, where variables are expanded, and mount from that name.',
        about: [field.field],
      });
    }
  }
  return { value, token, from: from === '' ? undefined : from };
}
