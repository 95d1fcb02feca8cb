import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { FirekilnError } from '../../base/errors/firekiln-error.ts';
import { type CniVersion, cniVersions, newestVersion } from '../../formats/cni/cni-version.ts';
import type { CniNetwork } from '../../formats/cni/parse-network.ts';
import { JsonReader } from '../../formats/oci/json-reader.ts';
import { findPlugin } from './find-plugin.ts';
import { ownPluginFolder } from './own-plugins.ts';
import { runPlugin } from './run-plugin.ts';

/** Versions by path and time of change of a program: they are asked once per process. */
const known = new Map<string, Promise<readonly CniVersion[]>>();
const mostVersions = 100;

/**
 * The newest version that the network's configuration and all of its plugins have in common, found out before anything
 * is changed. Throws CNI_PLUGIN_MISSING, and CNI_CONFIG_INVALID that says which plugin knows what.
 */
export async function chooseVersion(network: CniNetwork, binDirs: readonly string[]): Promise<CniVersion> {
  const types = [...new Set(network.plugins.map(({ type }) => type))];
  const paths: { readonly type: string; readonly path: string }[] = [];
  // One after the other: of several that are missing, the first is named.
  for (const type of types) paths.push({ type, path: await findPlugin(type, binDirs) });
  const supported = await Promise.all(
    paths.map(async ({ type, path }) => ({ type, versions: await pluginVersions(path, binDirs) })),
  );
  const common = network.versions.filter((version) => supported.every(({ versions }) => versions.includes(version)));
  const newest = newestVersion(common);
  if (newest !== undefined) return newest;
  throw new FirekilnError(
    'CNI_CONFIG_INVALID',
    `network ${network.name} is of CNI version ${network.versions.join(', ')}, which not all of its plugins know`,
    { details: supported.map(({ type, versions }) => `${type} knows ${versions.join(', ') || 'none from 0.3.0 on'}`) },
  );
}

/** The versions that a plugin knows, of those that Firekiln speaks. */
async function pluginVersions(path: string, binDirs: readonly string[]): Promise<readonly CniVersion[]> {
  // Firekiln's own knows what Firekiln speaks: asking it would start Node once more.
  if (dirname(path) === ownPluginFolder()) return cniVersions;
  const { mtimeMs, ino } = await stat(path);
  const key = `${path} ${ino} ${mtimeMs}`;
  const asked = known.get(key) ?? askVersions(path, binDirs);
  known.set(key, asked);
  asked.catch(() => known.delete(key));
  return await asked;
}

async function askVersions(path: string, binDirs: readonly string[]): Promise<readonly CniVersion[]> {
  const [newest] = cniVersions.toReversed();
  const input = JSON.stringify({ cniVersion: newest });
  const output = await runPlugin({ command: 'VERSION', path, binDirs, input });
  const reader = JsonReader.parse(output, `answer of ${path} to VERSION`, 'CNI_PLUGIN_FAILED');
  const stated = reader.member('supportedVersions').strings(mostVersions);
  return cniVersions.filter((version) => stated.includes(version));
}
