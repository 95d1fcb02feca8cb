import { isIP } from 'node:net';
import { parseByteSize } from '../../base/byte-size.ts';
import { FirekilnError, isFirekilnError } from '../../base/errors/firekiln-error.ts';
import type { BuildRequest } from '../../build/build-request.ts';
import { parseOutputSpec } from '../../build/output-spec.ts';
import { parseSecretSpec, parseSshSpec } from '../../build/secret-spec.ts';
import { canonicalName } from '../../formats/oci/reference.ts';
import { oneOf } from '../common-options.ts';
import { inPlaceRequest } from '../in-place-flags.ts';
import { networkChoice } from '../network-flags.ts';
import { sourceDateEpoch } from '../source-date-epoch.ts';
import { type BuildFlags, refusedBuildFlags } from './build-flags.ts';

/** Reads the command line of `build`. Throws USAGE. */
export function buildRequest(context: string | undefined, flags: BuildFlags, env: NodeJS.ProcessEnv): BuildRequest {
  refuseForeignFlags(flags);
  if (flags.file !== undefined && flags.dockerfile !== undefined && flags.file !== flags.dockerfile) {
    throw usage('--file and --dockerfile name two Dockerfiles');
  }
  if (flags.machineRootfsBase === '') throw usage('--machine-rootfs-base: no folder is given');
  const inPlace = inPlaceRequest(flags, env);
  if (inPlace !== undefined && flags.checkReproducible === true) {
    throw usage('--check-reproducible: what is built with --machine-ssh-user is never the same twice');
  }
  if (inPlace !== undefined && flags.isolation === 'step') {
    throw usage('--isolation step: what is built with --machine-ssh-user is one VM per stage');
  }
  const buildArgs = pairs('--build-arg', flags.buildArg, env);
  const call = flags.call === undefined ? 'build' : oneOf('--call', ['build', 'check'], flags.call);
  const shmSize = flags.shmSize === undefined ? undefined : byteSize('--shm-size', flags.shmSize);
  return {
    context,
    dockerfile: flags.file ?? flags.dockerfile,
    stdin: process.stdin,
    cwd: process.cwd(),
    tags: flags.tag.map(imageName),
    target: flags.target,
    buildArgs,
    labels: pairs('--label', flags.label, undefined),
    platform: flags.platform,
    buildContexts: contexts(flags.buildContext),
    secrets: flags.secret.map(parseSecretSpec),
    ssh: flags.ssh.map(parseSshSpec),
    noCache: flags.cache === false ? true : flags.cacheFilter.length > 0 ? stageNames(flags.cacheFilter) : false,
    pull: flags.pull ?? false,
    network: networkChoice(flags).kind === 'none' ? 'none' : 'default',
    extraHosts: flags.addHost.map(extraHost),
    shmSize,
    allowInsecure: flags.allow.some(entitlement),
    outputs: flags.output.map(parseOutputSpec),
    isolation: flags.isolation === undefined ? 'group' : oneOf('--isolation', ['group', 'step'], flags.isolation),
    checkOnly: flags.check === true || call === 'check',
    explain: flags.explain ?? false,
    checkReproducible: flags.checkReproducible ?? false,
    inPlace,
    baseStore: flags.machineRootfsBase,
    sourceDateEpoch: sourceDateEpoch(buildArgs.get('SOURCE_DATE_EPOCH') ?? env.SOURCE_DATE_EPOCH),
  };
}

export function byteSize(flag: string, text: string): number {
  const bytes = parseByteSize(text);
  if (bytes !== undefined && bytes > 0) return bytes;
  throw usage(`${flag}: ${JSON.stringify(text)} is no size such as 512m or 2GiB`);
}

export function count(flag: string, text: string, most = 9999): number {
  if (/^[1-9][0-9]{0,9}$/.test(text) && Number(text) <= most) return Number(text);
  throw usage(`${flag}: ${JSON.stringify(text)} is no whole number above 0`);
}

/** `--cpus` and `--memory`, or `--resources-cpu` and `--resources-mem`, in MiB. Throws USAGE. */
export function machineSize(flags: BuildFlags): {
  readonly vcpus: number | undefined;
  readonly memoryBytes: number | undefined;
} {
  const { cpus, memory, resourcesCpu, resourcesMem } = flags;
  if (cpus !== undefined && resourcesCpu !== undefined) throw usage('--cpus and --resources-cpu say the same');
  if (memory !== undefined && resourcesMem !== undefined) throw usage('--memory and --resources-mem say the same');
  return {
    vcpus:
      ifGiven(cpus, (text) => count('--cpus', text)) ?? ifGiven(resourcesCpu, (text) => count('--resources-cpu', text)),
    memoryBytes:
      ifGiven(memory, (text) => byteSize('--memory', text)) ??
      ifGiven(resourcesMem, (text) => count('--resources-mem', text, 1_000_000_000) * 2 ** 20),
  };
}

function ifGiven<T>(text: string | undefined, read: (text: string) => T): T | undefined {
  return text === undefined ? undefined : read(text);
}

function refuseForeignFlags(flags: BuildFlags): void {
  const values = flags as unknown as Readonly<Record<string, unknown>>;
  for (const [name, instead] of Object.entries(refusedBuildFlags)) {
    const key = name.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
    if (values[key] !== undefined) {
      throw new FirekilnError('USAGE', `--${name} of docker build is not a flag of firekiln`, { hint: `${instead}.` });
    }
  }
}

/** `NAME=VALUE`; a NAME alone is looked up in `env`, and left out if it is not there. */
function pairs(flag: string, texts: readonly string[], env: NodeJS.ProcessEnv | undefined): Map<string, string> {
  const found = new Map<string, string>();
  for (const text of texts) {
    const equals = text.indexOf('=');
    const name = equals === -1 ? text : text.slice(0, equals);
    if (name === '') throw usage(`${flag} ${text}: there is no name before the =`);
    const value = equals === -1 ? env?.[name] : text.slice(equals + 1);
    if (value !== undefined) found.set(name, value);
    else if (env === undefined) found.set(name, '');
  }
  return found;
}

function contexts(texts: readonly string[]): Map<string, string> {
  const found = new Map<string, string>();
  for (const text of texts) {
    const equals = text.indexOf('=');
    if (equals < 1 || equals === text.length - 1) throw usage(`--build-context ${text}: write NAME=LOCATOR`);
    found.set(text.slice(0, equals), text.slice(equals + 1));
  }
  return found;
}

/** Checked here, so that what is wrong is the command line and not the build. */
function imageName(text: string): string {
  try {
    canonicalName(text);
    return text;
  } catch (error) {
    throw isFirekilnError(error) ? usage(`-t: ${error.message}`).withHint(error.hint) : error;
  }
}

function stageNames(texts: readonly string[]): ReadonlySet<string> {
  return new Set(texts.flatMap((text) => text.split(',')).map((name) => name.trim().toLowerCase()));
}

function extraHost(text: string): { readonly host: string; readonly address: string } {
  const [, host = '', bare = ''] = /^([^=:]+)[=:](.+)$/.exec(text) ?? [];
  const address = bare.replace(/^\[(.*)\]$/, '$1');
  if (isIP(address) !== 0) return { host, address };
  throw usage(`--add-host ${text}: write HOST:ADDRESS with an IP address`);
}

function entitlement(name: string): boolean {
  return oneOf('--allow', ['security.insecure'], name) === 'security.insecure';
}

function usage(message: string): FirekilnError {
  return new FirekilnError('USAGE', message);
}
