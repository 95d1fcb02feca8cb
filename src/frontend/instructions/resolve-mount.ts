import { parseByteSize } from '../../base/byte-size.ts';
import { aboutWords } from '../../base/errors/firekiln-error.ts';
import { parseGoBoolean, parseUint32 } from '../../base/go-values.ts';
import { didYouMean } from '../../base/nearest.ts';
import { toLower } from '../text/letter-case.ts';
import { type KeyValue, readKeyValues } from './key-values.ts';
import { type Mount, type MountType, mountTypes, type SharingMode, sharingModes } from './mount.ts';
import { mountFault } from './mount-fault.ts';

type Draft = { -readonly [Key in keyof Mount]: Mount[Key] | undefined } & { type: MountType };

/** Puts a value into the draft. The order of the fields matters: some are refused before `type=` has said what it is. */
type FieldReader = (draft: Draft, value: string, key: string) => void;

const readers: Readonly<Record<string, FieldReader>> = {
  type: (draft, value) => {
    draft.type = oneOf(mountTypes, toLower(value), `has the type ${JSON.stringify(value)}`);
  },
  from: (draft, value) => {
    draft.from = value;
  },
  source: setSource,
  src: setSource,
  target: setTarget,
  dst: setTarget,
  destination: setTarget,
  readonly: setReadOnly,
  ro: setReadOnly,
  readwrite: setReadWrite,
  rw: setReadWrite,
  required: (draft, value, key) => {
    onlyFor(draft, key, ['secret', 'ssh']);
    draft.required = booleanOf(value, key);
  },
  size: (draft, value, key) => {
    onlyFor(draft, key, ['tmpfs']);
    draft.size = parseByteSize(value);
    if (draft.size === undefined) {
      throw mountFault(`has size=${value}; expected a size such as 64m`, { about: [value] });
    }
  },
  id: (draft, value) => {
    draft.id = value;
  },
  sharing: (draft, value) => {
    draft.sharing = oneOf(sharingModes, toLower(value), `has sharing=${value}`);
  },
  mode: (draft, value, key) => {
    draft.mode = numberOf(value, 8, key);
  },
  uid: (draft, value, key) => {
    draft.uid = numberOf(value, 10, key);
  },
  gid: (draft, value, key) => {
    draft.gid = numberOf(value, 10, key);
  },
  env: (draft, value) => {
    draft.env = value;
  },
};

/** Keys that may stand without a value, and the value that they then have. */
const bareKeys: readonly string[] = ['readonly', 'ro', 'readwrite', 'rw', 'required'];

/**
 * The mount that a `--mount` asks for; `expand` replaces the variables of a value. Throws DOCKERFILE_INSTRUCTION without
 * a place.
 */
export function resolveMount(text: string, expand: (word: string) => string): Mount {
  const draft: Draft = {
    type: 'bind',
    from: undefined,
    source: undefined,
    target: undefined,
    readOnly: undefined,
    id: undefined,
    sharing: undefined,
    size: undefined,
    required: false,
    env: undefined,
    mode: undefined,
    uid: undefined,
    gid: undefined,
  };
  for (const field of readKeyValues(text) ?? []) {
    aboutWords([field.field], () => readField(draft, field, expand));
  }
  const mount: Mount = {
    ...draft,
    from: draft.from || undefined,
    source: draft.source || undefined,
    target: draft.target || undefined,
    id: draft.id || undefined,
    readOnly: draft.readOnly ?? (draft.type !== 'cache' && draft.type !== 'tmpfs'),
    required: draft.required ?? false,
  };
  checkTogether(mount);
  return mount;
}

function readField(draft: Draft, { key, value, field }: KeyValue, expand: (word: string) => string): void {
  if (value === undefined && !bareKeys.includes(key)) {
    throw mountFault(`has the field ${JSON.stringify(field)} without a value; expected key=value`);
  }
  const text = value === undefined ? 'true' : expand(value);
  const reader = Object.hasOwn(readers, key) ? readers[key] : undefined;
  if (reader === undefined) {
    throw mountFault(`has the unknown key ${JSON.stringify(key)}`, {
      hint: didYouMean(key, Object.keys(readers)),
      about: [key],
    });
  }
  reader(draft, text, key);
}

function checkTogether(mount: Mount): void {
  const { type } = mount;
  if (type === 'bind' || type === 'tmpfs') {
    for (const key of ['mode', 'uid', 'gid'] as const) {
      if (mount[key] === undefined) continue;
      throw mountFault(`has ${key}=, which a mount of type ${type} does not take`, { about: [key] });
    }
  }
  if (mount.sharing !== undefined && type !== 'cache') {
    throw mountFault('has sharing=, which only a mount of type cache takes', { about: ['sharing'] });
  }
  if (type !== 'secret') return;
  if (mount.from !== undefined) {
    throw mountFault('has from=, which a mount of type secret does not take', { about: ['from'] });
  }
  if (mount.source === undefined && mount.target === undefined && mount.id === undefined) {
    throw mountFault('of type secret has neither id= nor target=');
  }
  if (mount.source !== undefined && mount.id !== undefined) {
    throw mountFault('of type secret has both id= and source=, which mean the same');
  }
}

function setSource(draft: Draft, value: string): void {
  draft.source = value;
}

function setTarget(draft: Draft, value: string): void {
  draft.target = value;
}

function setReadOnly(draft: Draft, value: string, key: string): void {
  draft.readOnly = booleanOf(value, key);
}

function setReadWrite(draft: Draft, value: string, key: string): void {
  draft.readOnly = !booleanOf(value, key);
}

function onlyFor(draft: Draft, key: string, types: readonly MountType[]): void {
  if (types.includes(draft.type)) return;
  throw mountFault(`has ${key}=, which only mounts of type ${types.join(' and ')} take`, {
    hint: 'Put type= before the other keys.',
    about: [key],
  });
}

function booleanOf(value: string, key: string): boolean {
  const parsed = parseGoBoolean(value);
  if (parsed === undefined) throw mountFault(`has ${key}=${value}; expected true or false`, { about: [value] });
  return parsed;
}

function numberOf(value: string, base: 8 | 10, key: string): number {
  const parsed = parseUint32(value, base);
  if (parsed !== undefined) return parsed;
  throw mountFault(`has ${key}=${value}; expected ${base === 8 ? 'an octal' : 'a'} number`, { about: [value] });
}

function oneOf<const T extends MountType | SharingMode>(known: readonly T[], value: string, what: string): T {
  const found = known.find((item) => item === value);
  if (found !== undefined) return found;
  throw mountFault(`${what}; expected one of ${known.join(', ')}`, { hint: didYouMean(value, known), about: [value] });
}
