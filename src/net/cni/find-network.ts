import { readdir, stat } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { FirekilnError } from '../../base/errors/firekiln-error.ts';
import { explainSystemError, systemCode } from '../../base/system-error.ts';
import { cniLimits } from '../../formats/cni/cni-limits.ts';
import { type CniNetwork, parseNetwork, parsePlugin, parseSinglePlugin } from '../../formats/cni/parse-network.ts';
import { readBounded } from './read-bounded.ts';

export interface FoundNetwork {
  readonly file: string;
  readonly network: CniNetwork;
}

export interface NetworkFiles {
  readonly found: readonly FoundNetwork[];
  /** Files that can't be used, and why. */
  readonly bad: readonly { readonly file: string; readonly error: unknown }[];
}

/**
 * The configuration of the network with this name: folders in the order given, in each the configuration lists
 * (`.conflist`) before single plugins (`.conf`, `.json`), by file name; the first counts. A damaged file of another
 * network is no obstacle. Throws CNI_NETWORK_MISSING with the networks that there are, CNI_CONFIG_INVALID.
 */
export async function findNetwork(name: string, folders: readonly string[]): Promise<FoundNetwork> {
  const { found, bad } = await listNetworks(folders);
  const match = found.find(({ network }) => network.name === name);
  if (match !== undefined) return match;
  const names = [...new Set(found.map(({ network }) => network.name))];
  const looked = `in ${folders.join(', ')}`;
  throw new FirekilnError('CNI_NETWORK_MISSING', `there is no CNI network ${JSON.stringify(name)} ${looked}`, {
    hint:
      names.length === 0
        ? 'No network is configured there; `firekiln setup network machine-builds` writes one.'
        : `There are: ${names.join(', ')}.`,
    details: bad.map(({ error }) => (error instanceof Error ? error.message : String(error))),
  });
}

/** Every network of the folders; a folder that is not there is empty. */
export async function listNetworks(folders: readonly string[]): Promise<NetworkFiles> {
  const found: FoundNetwork[] = [];
  const bad: { file: string; error: unknown }[] = [];
  for (const folder of folders) {
    for (const extensions of [['.conflist'], ['.conf', '.json']]) {
      for (const file of await filesIn(folder, extensions)) {
        try {
          found.push({ file, network: await readNetwork(file, folder) });
        } catch (error) {
          bad.push({ file, error });
        }
      }
    }
  }
  return { found, bad };
}

async function readNetwork(file: string, folder: string): Promise<CniNetwork> {
  const text = await readBounded(file, cniLimits.bytes);
  if (extname(file) !== '.conflist') return parseSinglePlugin(text, file);
  const network = parseNetwork(text, file);
  const beside = network.onlyInlined ? [] : await filesIn(join(folder, network.name), ['.conf']);
  const plugins = [...network.plugins];
  for (const path of beside) plugins.push(parsePlugin(await readBounded(path, cniLimits.bytes), path));
  if (plugins.length === 0 || plugins.length > cniLimits.plugins) {
    throw new FirekilnError('CNI_CONFIG_INVALID', `${file}: the network has ${plugins.length} plugins`);
  }
  return { ...network, plugins };
}

async function filesIn(folder: string, extensions: readonly string[]): Promise<string[]> {
  let names: string[];
  try {
    names = await readdir(folder);
  } catch (error) {
    if (systemCode(error) === 'ENOENT' || systemCode(error) === 'ENOTDIR') return [];
    throw explainSystemError(error, 'reading', folder);
  }
  const chosen = names.filter((name) => extensions.includes(extname(name)));
  if (chosen.length > cniLimits.files) {
    throw new FirekilnError('LIMIT_EXCEEDED', `${folder} has more than ${cniLimits.files} configurations`);
  }
  const paths = chosen.sort().map((name) => join(folder, name));
  const isFile = await Promise.all(paths.map(async (path) => (await stat(path).catch(() => undefined))?.isFile()));
  return paths.filter((_, i) => isFile[i] === true);
}
