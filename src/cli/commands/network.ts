import type { Command } from 'commander';
import type { App } from '../../app/app.ts';
import type { CniPlaces } from '../../net/network-choice.ts';
import { printLine } from '../../report/output.ts';
import { addCommonOptions, type CommonFlags, commonOptions } from '../common-options.ts';
import { addCniFlags } from '../network-flags.ts';

interface NetworkFlags extends CommonFlags, CniPlaces {
  readonly json?: boolean;
}

export function addNetworkCommand(program: Command): void {
  const network = program.command('network').description('look at CNI networks and repair them');

  const ls = network.command('ls').description('list the networks that are configured');
  ls.option('--json', 'print JSON');
  addAction(ls, async (app, flags) => {
    const { describeCniNetworks } = await import('../../app/network-cni.ts');
    const { found, bad } = await describeCniNetworks(app, flags);
    if (flags.json === true) {
      printLine(JSON.stringify(found));
    } else {
      for (const { name, versions, plugins, file } of found) {
        printLine([name, versions.join(','), plugins.join('+'), file].join('\t'));
      }
    }
    for (const { why } of bad) app.emitter.message('warn', why);
  });

  const status = network.command('status').description('ask whether a network can serve VMs').argument('<name>');
  addAction(status, async (app, flags, name) => {
    const { openCniNetwork } = await import('../../app/network-cni.ts');
    const asked = await (await openCniNetwork(app, name, flags)).status(app.signal);
    printLine(asked ? `${name} is ready` : `${name}: its plugins are there (they have no STATUS before CNI 1.1.0)`);
  });

  const gc = network.command('gc').description('let the plugins free what belongs to no VM').argument('<name>');
  addAction(gc, async (app, flags, name) => {
    const { openCniNetwork } = await import('../../app/network-cni.ts');
    const asked = await (await openCniNetwork(app, name, flags)).collectGarbage(app.signal);
    if (!asked) app.emitter.message('warn', `${name}: its plugins have no GC before CNI 1.1.0, or it is disabled`);
  });

  const attached = network.command('attached').description('list the VMs that are attached');
  addAction(attached, async (app) => {
    const { attachedVms } = await import('../../app/network-cni.ts');
    for (const vmId of await attachedVms(app).list()) printLine(vmId);
  });

  const check = network.command('check').description("ask whether a VM's network is as it was made").argument('<vm>');
  addAction(check, async (app, _, vmId) => {
    const { attachedVms } = await import('../../app/network-cni.ts');
    await attachedVms(app).check(vmId, app.signal);
    printLine(`${vmId}: nothing is wrong`);
  });

  const detach = network
    .command('detach')
    .description('undo the network of a VM that is gone; a VM that runs loses it')
    .argument('<vm>');
  addAction(detach, async (app, _, vmId) => {
    const { attachedVms } = await import('../../app/network-cni.ts');
    await attachedVms(app).detach(vmId);
  });
}

/** @param work Gets the command's argument, if it has one. */
function addAction(command: Command, work: (app: App, flags: NetworkFlags, name: string) => Promise<void>): void {
  addCniFlags(command);
  addCommonOptions(command);
  command.action(async (...args: unknown[]) => {
    const flags = command.opts<NetworkFlags>();
    const { openApp } = await import('../../app/app.ts');
    await using app = openApp(commonOptions(flags));
    await work(app, flags, typeof args[0] === 'string' ? args[0] : '');
  });
}
