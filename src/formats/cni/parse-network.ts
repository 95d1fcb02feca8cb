import type { ErrorCode } from '../../base/errors/codes.ts';
import { FirekilnError } from '../../base/errors/firekiln-error.ts';
import { JsonReader } from '../oci/json-reader.ts';
import { cniLimits } from './cni-limits.ts';
import { isCniName } from './cni-names.ts';
import { type CniVersion, cniVersions } from './cni-version.ts';

/** The configuration of a CNI network: a chain of plugins. */
export interface CniNetwork {
  readonly name: string;
  /** Those it can be run with, of the versions that Firekiln speaks; at least one, oldest first. */
  readonly versions: readonly CniVersion[];
  readonly disableCheck: boolean;
  readonly disableGC: boolean;
  /** Whether plugins in files of their own, in a folder named as the network, are left out. */
  readonly onlyInlined: boolean;
  readonly plugins: readonly CniPlugin[];
  /** The JSON itself, as libcni keeps it in its cache. */
  readonly text: string;
}

export interface CniPlugin {
  /** Name of its program. */
  readonly type: string;
  /** Keys of `runtimeConfig` that it wants from the runtime. */
  readonly capabilities: readonly string[];
  readonly config: Readonly<Record<string, unknown>>;
}

const code: ErrorCode = 'CNI_CONFIG_INVALID';

/**
 * Reads a configuration list (`.conflist`), as libcni does: `plugins` may be missing where files of plugins lie beside
 * it. Throws CNI_CONFIG_INVALID with the subject and the key.
 */
export function parseNetwork(text: string, subject: string): CniNetwork {
  const reader = JsonReader.parse(Buffer.from(text), subject, code);
  const name = networkName(reader);
  const inlined = reader.member('plugins');
  if (!inlined.isAbsent && inlined.items(cniLimits.plugins).length === 0) throw inlined.fail('a list of plugins');
  const onlyInlined = flag(reader, 'loadOnlyInlinedPlugins');
  if (onlyInlined && inlined.isAbsent) throw inlined.fail('a list, as loadOnlyInlinedPlugins wants it');
  return {
    name,
    versions: versionsOf(reader, subject),
    disableCheck: flag(reader, 'disableCheck'),
    disableGC: flag(reader, 'disableGC'),
    onlyInlined,
    plugins: inlined.items(cniLimits.plugins).map(pluginOf),
    text,
  };
}

/** Reads the configuration of one plugin alone (`.conf`, `.json`) as a network of one. Throws CNI_CONFIG_INVALID. */
export function parseSinglePlugin(text: string, subject: string): CniNetwork {
  const reader = JsonReader.parse(Buffer.from(text), subject, code);
  const name = networkName(reader);
  const plugin = pluginOf(reader);
  const { cniVersion } = plugin.config;
  return {
    name,
    versions: versionsOf(reader, subject),
    disableCheck: false,
    disableGC: false,
    onlyInlined: true,
    plugins: [plugin],
    text: JSON.stringify({ cniVersion, name, plugins: [plugin.config] }),
  };
}

/** Reads a file of one plugin of a network. Throws CNI_CONFIG_INVALID. */
export function parsePlugin(text: string, subject: string): CniPlugin {
  return pluginOf(JsonReader.parse(Buffer.from(text), subject, code));
}

function networkName(reader: JsonReader): string {
  const name = reader.member('name').string();
  if (!isCniName(name)) throw reader.member('name').fail('a name of letters, digits, "_", "." and "-"');
  return name;
}

function pluginOf(reader: JsonReader): CniPlugin {
  const type = reader.member('type').string();
  // Programs are looked for by this name in folders.
  if (type === '' || type.includes('/') || type.includes('\0')) throw reader.member('type').fail('name of a program');
  const capabilities = reader.member('capabilities').entries();
  return {
    type,
    capabilities: capabilities.filter(([, wanted]) => wanted.value === true).map(([name]) => name),
    config: reader.value as Record<string, unknown>,
  };
}

function versionsOf(reader: JsonReader, subject: string): readonly CniVersion[] {
  const one = reader.member('cniVersion').optional((value) => value.string());
  const stated = [...reader.member('cniVersions').strings(cniLimits.items), ...(one === undefined ? [] : [one])];
  const known = cniVersions.filter((version) => stated.includes(version));
  if (known.length > 0) return known;
  const says = stated.length === 0 ? 'has no cniVersion' : `is of CNI version ${stated.join(', ')}`;
  throw new FirekilnError(code, `${subject} ${says}`, {
    hint: `Firekiln knows ${cniVersions.join(', ')}.`,
  });
}

/** As libcni: words are taken for booleans too. */
function flag(reader: JsonReader, name: string): boolean {
  const { value } = reader.member(name);
  if (value === undefined || typeof value === 'boolean') return value ?? false;
  const word = typeof value === 'string' ? value.toLowerCase() : '';
  if (word !== 'true' && word !== 'false') throw reader.member(name).fail('true or false');
  return word === 'true';
}
