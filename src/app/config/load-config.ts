import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { FirekilnError } from '../../base/errors/firekiln-error.ts';
import { table } from './config-reader.ts';
import { type Config, configSchema, type RegistrySection } from './config-schema.ts';
import { readTomlFile, userConfigFolder } from './toml-file.ts';

export interface ConfigChoice {
  /** `--config`: read instead of the usual files; it must be there. */
  readonly file?: string | undefined;
  readonly env: NodeJS.ProcessEnv;
  readonly home?: string;
  /** Where the machine's file lies. */
  readonly systemFolder?: string;
}

/**
 * Reads config.toml in /etc/firekiln and in XDG_CONFIG_HOME (~/.config); where both say something, the second counts.
 * Throws CONFIG_INVALID with file and line.
 */
export async function loadConfig(choice: ConfigChoice): Promise<Config> {
  const { file, env, home = homedir(), systemFolder = '/etc/firekiln' } = choice;
  if (file !== undefined) {
    const config = await readConfig(resolve(file));
    if (config !== undefined) return config;
    throw new FirekilnError('CONFIG_INVALID', `${file}: there is no such file`);
  }
  const system = await readConfig(join(systemFolder, 'config.toml'));
  const user = await readConfig(join(userConfigFolder(env, home), 'config.toml'));
  return mergeConfig(system ?? {}, user ?? {});
}

async function readConfig(path: string): Promise<Config | undefined> {
  const document = await readTomlFile(path);
  if (document === undefined) return undefined;
  return withAbsolutePaths(table(configSchema).read(document.root, [], document), dirname(path));
}

/** Paths in a file are relative to the file's folder. */
function withAbsolutePaths(config: Config, folder: string): Config {
  if (config.registry === undefined) return config;
  const registry = new Map<string, RegistrySection>();
  for (const [host, section] of config.registry) {
    const { ca, keypair } = section;
    registry.set(host, {
      ...section,
      ...(ca === undefined ? {} : { ca: ca.map((path) => resolve(folder, path)) }),
      ...(keypair === undefined
        ? {}
        : { keypair: keypair.map((it) => ({ ...it, ...at(folder, 'cert', it.cert), ...at(folder, 'key', it.key) })) }),
    });
  }
  return { ...config, registry };
}

function at(folder: string, name: string, path: string | undefined): Record<string, string> {
  return path === undefined ? {} : { [name]: resolve(folder, path) };
}

/** Key by key; lists are replaced, not joined. */
function mergeConfig(below: Config, above: Config): Config {
  const registry = new Map(below.registry);
  for (const [host, section] of above.registry ?? []) registry.set(host, { ...registry.get(host), ...section });
  return {
    registry,
    sources: { ...below.sources, ...above.sources },
    build: { ...below.build, ...above.build },
    vm: { ...below.vm, ...above.vm },
    log: { ...below.log, ...above.log },
    network: { ...below.network, ...above.network },
  };
}
