import { parseByteSize } from '../base/byte-size.ts';
import { FirekilnError } from '../base/errors/firekiln-error.ts';
import { didYouMean } from '../base/nearest.ts';
import { csvFields } from '../frontend/instructions/csv-fields.ts';

const outputTypes = ['ext4', 'tar', 'oci', 'docker', 'dir', 'firecracker'] as const;
export type OutputType = (typeof outputTypes)[number];

/** `-o type=T,dest=PATH[,size=N][,free=N]`. */
export interface OutputSpec {
  readonly type: OutputType;
  /** A path, or `-` for standard output. */
  readonly dest: string;
  /** Bytes of the whole ext4 image. */
  readonly size?: number;
  /** Bytes to leave free in the ext4 image, or that a VM of the Firecracker folder can write. */
  readonly free?: number;
}

/** Docker's short forms too: a path alone is `type=dir`, `-` is a tar on standard output. Throws USAGE. */
export function parseOutputSpec(text: string): OutputSpec {
  if (text === '-') return { type: 'tar', dest: '-' };
  const fields = csvFields(text) ?? [];
  if (fields.length === 1 && !text.includes('=')) return { type: 'dir', dest: text };
  const values = new Map<string, string>();
  for (const field of fields) {
    const equals = field.indexOf('=');
    const key = field.slice(0, Math.max(equals, 0)).toLowerCase();
    if (!['type', 'dest', 'size', 'free'].includes(key)) {
      throw new FirekilnError('USAGE', `-o ${text}: ${JSON.stringify(field)} is none of type=, dest=, size=, free=`);
    }
    values.set(key, field.slice(equals + 1));
  }
  const type = outputType(values.get('type'), text);
  const dest = values.get('dest') ?? (isArchive(type) ? '-' : '');
  if (dest === '') throw new FirekilnError('USAGE', `-o ${text}: there is no dest=`);
  if (dest === '-' && !isArchive(type)) {
    throw new FirekilnError('USAGE', `-o ${text}: only type=tar, oci and docker can be written to standard output`);
  }
  const hasFree = type === 'ext4' || type === 'firecracker';
  if ((type !== 'ext4' && values.has('size')) || (!hasFree && values.has('free'))) {
    throw new FirekilnError('USAGE', `-o ${text}: size= goes with type=ext4, free= with type=ext4 and firecracker`);
  }
  return { type, dest, ...sizeOf('size', values, text), ...sizeOf('free', values, text) };
}

function isArchive(type: OutputType): boolean {
  return type === 'tar' || type === 'oci' || type === 'docker';
}

function outputType(name: string | undefined, text: string): OutputType {
  if (name === undefined) throw new FirekilnError('USAGE', `-o ${text}: there is no type=`);
  if (name === 'local') return 'dir';
  const found = outputTypes.find((type) => type === name);
  if (found !== undefined) return found;
  throw new FirekilnError('USAGE', `-o ${text}: type=${name} is none of ${outputTypes.join(', ')}, local`, {
    hint: didYouMean(name, outputTypes),
  });
}

function sizeOf(key: 'size' | 'free', values: ReadonlyMap<string, string>, text: string): Partial<OutputSpec> {
  const value = values.get(key);
  if (value === undefined) return {};
  const bytes = parseByteSize(value);
  if (bytes === undefined) throw new FirekilnError('USAGE', `-o ${text}: ${key}=${value} is no size such as 2GiB`);
  return { [key]: bytes };
}
