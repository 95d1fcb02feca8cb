import type { Command } from 'commander';
import { FirekilnError } from '../../base/errors/firekiln-error.ts';
import type { CniPlaces } from '../../net/network-choice.ts';
import { printLine } from '../../report/output.ts';
import { addCommonOptions, type CommonFlags } from '../common-options.ts';
import { addCniFlags } from '../network-flags.ts';
import { withApp } from '../with-app.ts';

interface SetupNetworkFlags extends CommonFlags, CniPlaces {
  readonly json?: boolean;
}

const only = 'machine-builds';

export function addSetupNetworkCommand(setup: Command): void {
  const command = setup
    .command('network')
    .description('write the configuration of a CNI network for VMs')
    .argument('[name]', `${only}: a bridge, addresses of 192.168.128.0/24, NAT`)
    .option('--json', 'print the result as JSON');
  addCniFlags(command);
  addCommonOptions(command);
  command.action(async (name: string = only) => {
    if (name !== only) {
      throw new FirekilnError('USAGE', `setup network knows ${only} only, not ${JSON.stringify(name)}`, {
        hint: `Copy ${only}.conflist, and change its name, bridge and subnet.`,
      });
    }
    const flags = command.optsWithGlobals<SetupNetworkFlags>();
    await withApp(flags, async (app) => {
      const { setUpBuildsNetwork } = await import('../../app/network-cni.ts');
      const { path, isNew, missing } = await setUpBuildsNetwork(app, flags);
      if (flags.json === true) printLine(JSON.stringify({ path, isNew, missing }));
      else {
        printLine(`network    ${isNew ? 'done: wrote' : 'already there:'} ${path}`);
        for (const type of missing) printLine(`network    the CNI plugin ${type} is not installed`);
        if (missing.length > 0) printLine('           run: apt-get install containernetworking-plugins iptables');
        else
          printLine(
            `           use: firekiln run --network ${only} NAME; for all VMs: [network] default in config.toml`,
          );
      }
      if (missing.length > 0) process.exitCode = 1;
    });
  });
}
