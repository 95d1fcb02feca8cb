import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { FirekilnError } from '../base/errors/firekiln-error.ts';
import type { CniPlaces, NetworkChoice } from '../net/network-choice.ts';

/** The flags of {@link addNetworkFlags}, as commander gives them. */
export interface NetworkFlags extends CniPlaces {
  readonly network?: string;
  readonly machineCniNetworkName?: string;
}

/** Adds the flags that say which network VMs get. */
export function addNetworkFlags(command: Command): void {
  command
    .option('--network <name>', 'a CNI network, or default, user or none (docs/network.md)')
    .option('--machine-cni-network-name <name>', 'a CNI network: the same as --network, whatever it is called');
  addCniFlags(command);
  command.option('--netns <folder>', 'where the network namespaces of VMs get their paths; /run/netns by default');
}

/** Adds the flags that say where CNI keeps its things. */
export function addCniFlags(command: Command): void {
  command
    .option('--cni-conf-dir <folders>', 'folders with CNI network configurations, with : between them')
    .option('--cni-bin-dir <folders>', 'folders with CNI plugins, with : between them')
    .option('--cni-cache-dir <folder>', 'where results of CNI plugins are kept');
}

/** Reads the flags. Throws USAGE. */
export function networkChoice(flags: NetworkFlags): NetworkChoice {
  const { network, machineCniNetworkName: cni } = flags;
  if (network !== undefined && cni !== undefined && network !== cni) {
    throw usage('--network and --machine-cni-network-name name two networks');
  }
  const places = placesOf(flags);
  const among = places === undefined ? {} : { places };
  if (cni !== undefined) return { kind: 'cni', name: cni, ...among };
  switch (network) {
    case undefined:
    case 'default':
      return { kind: 'default', ...among };
    case 'user':
      return { kind: 'user' };
    case 'none':
      return { kind: 'none' };
    case 'host':
      throw usage('--network host: a VM is not on the network of the host').withHint(
        'The default network reaches what the host reaches, except the host itself.',
      );
    case '':
      throw usage('--network: no name is given');
    default:
      return { kind: 'cni', name: network, ...among };
  }
}

/** Absolute: a VM's own process uses them later, from another folder. */
function placesOf(flags: NetworkFlags): CniPlaces | undefined {
  const { cniBinDir, cniConfDir, cniCacheDir, netns } = flags;
  const places = {
    ...folders('cniBinDir', cniBinDir),
    ...folders('cniConfDir', cniConfDir),
    ...folders('cniCacheDir', cniCacheDir),
    ...folders('netns', netns),
  };
  if (netns !== undefined && netns !== '' && statSync(netns, { throwIfNoEntry: false })?.isDirectory() === false) {
    throw usage(`--netns ${netns} is no folder`).withHint('Each VM gets a network namespace of its own in it.');
  }
  return Object.keys(places).length === 0 ? undefined : places;
}

function folders(key: keyof CniPlaces, list: string | undefined): CniPlaces {
  const named = (list ?? '').split(':').filter((folder) => folder !== '');
  return named.length === 0 ? {} : { [key]: named.map((folder) => resolve(folder)).join(':') };
}

function usage(message: string): FirekilnError {
  return new FirekilnError('USAGE', message);
}
