import { type Command, Option } from 'commander';
import { FirekilnError } from '../../base/errors/firekiln-error.ts';
import type { PublishedPort } from '../../net/provider.ts';
import { printLine } from '../../report/output.ts';
import { arrangeRunArguments } from '../arrange-run-arguments.ts';
import { addCommonOptions, type CommonFlags, collect } from '../common-options.ts';
import { addMachineFlags, firecrackerChoice, type MachineFlags } from '../machine-flags.ts';
import { addNetworkFlags, type NetworkFlags, networkChoice } from '../network-flags.ts';
import { parseCount, parseMemory } from '../parse-count.ts';
import { addProfileFlag } from '../profile-flag.ts';
import { addRefusedFlags } from '../refused-flags.ts';
import { withRuntime } from '../with-runtime.ts';

interface RunFlags extends MachineFlags, CommonFlags, NetworkFlags {
  readonly detach?: boolean;
  readonly rm?: boolean;
  readonly name?: string;
  readonly publish: readonly string[];
  readonly env: readonly string[];
  readonly envFile: readonly string[];
  readonly user?: string;
  readonly workdir?: string;
  readonly entrypoint?: string;
  readonly interactive?: boolean;
  readonly tty?: boolean;
  readonly hostname?: string;
  readonly label: readonly string[];
  readonly cpus?: string;
  readonly memory?: string;
  readonly driver?: 'auto' | 'qemu' | 'firecracker';
  readonly requireKvm?: boolean;
  readonly stopSignal?: string;
  readonly init?: 'auto' | 'image';
  readonly root?: 'layered' | 'flat';
}

export function addRunCommand(program: Command): void {
  const command = program
    .command('run')
    .description('boot an image as a VM and run its program')
    .usage('[FLAGS] NAME [FLAGS] [--] [COMMAND...]')
    .argument('<name>', 'the image; pulled if it is not here')
    .argument('[command...]', "instead of the image's CMD")
    .option('-d, --detach', 'leave the VM running in the background, print its id')
    .option('--rm', 'remove the VM when it has ended')
    .option('--name <name>', 'name of the VM; one is made up otherwise')
    .option('-p, --publish <spec>', '[ADDRESS:][HOST:]GUEST: a port of this host leads to one of the VM', collect, [])
    .option('-e, --env <variable>', 'NAME=value, or NAME for the value it has here', collect, [])
    .option('--env-file <path>', 'file with a variable per line', collect, [])
    .option('-u, --user <user>', 'user[:group] of the image, by name or number')
    .option('-w, --workdir <path>', 'working directory; made if it is missing')
    .option('--entrypoint <program>', "instead of the image's ENTRYPOINT")
    .option('-i, --interactive', 'pass standard input on')
    .option('-t, --tty', 'give the program a terminal')
    .option('--hostname <name>', 'host name of the VM; its id by default')
    .option('-l, --label <label>', 'NAME=value', collect, [])
    .option('--cpus <n>', 'virtual CPUs')
    .option('-m, --memory <size>', 'memory, such as 512m or 2g')
    .addOption(new Option('--driver <name>', 'the VMM').choices(['auto', 'qemu', 'firecracker']))
    .option('--require-kvm', 'fail where hardware virtualisation does not work, instead of emulating')
    .option('--stop-signal <signal>', "instead of the image's STOPSIGNAL")
    .addOption(
      new Option('--init <which>', "auto runs the image's program; image boots the image's own init").choices([
        'auto',
        'image',
      ]),
    )
    .addOption(
      new Option('--root <how>', 'layered shares what is read with other VMs; flat is a disk of its own').choices([
        'layered',
        'flat',
      ]),
    );
  addNetworkFlags(command);
  addMachineFlags(command);
  addCommonOptions(command);
  addProfileFlag(command);
  addRefusedFlags(command);
  const parse = command.parseOptions.bind(command);
  command.parseOptions = (words) => parse(arrangeRunArguments(command, words));
  command.action(async (image: string, words: readonly string[], flags: RunFlags) => {
    process.exitCode = await runImage(image, words, flags);
  });
}

async function runImage(image: string, command: readonly string[], flags: RunFlags): Promise<number> {
  return await withRuntime(
    flags,
    async (runtime, app) => {
      const { runVm } = await import('../../runtime/run-vm.ts');
      const { attachmentOf, attachTerminal, terminalHandlers } = await import('../attach-terminal.ts');
      const attachment = attachmentOf({
        interactive: flags.interactive === true && flags.detach !== true,
        tty: flags.tty === true && flags.detach !== true,
      });
      await using cleanup = new AsyncDisposableStack();
      const started = await runVm(runtime, {
        image,
        command,
        name: flags.name,
        entrypoint: flags.entrypoint,
        env: flags.env,
        envFiles: flags.envFile,
        user: flags.user,
        workdir: flags.workdir,
        hostname: flags.hostname,
        labels: readLabels(flags.label),
        ports: await readPorts(flags.publish),
        network: networkChoice(flags),
        vcpus: flags.cpus === undefined ? undefined : parseCount('--cpus', flags.cpus, 1),
        memoryMiB: flags.memory === undefined ? undefined : parseMemory('--memory', flags.memory),
        driver: flags.driver,
        requireKvm: flags.requireKvm,
        firecracker: firecrackerChoice(flags),
        openInput: flags.interactive === true,
        terminal: flags.tty === true,
        removeAtEnd: flags.rm === true,
        stopSignal: flags.stopSignal,
        init: flags.init === 'image' ? 'image' : 'firekiln',
        root: flags.root,
        attach: flags.detach === true ? undefined : { as: attachment, handlers: terminalHandlers() },
        onStarting: (client) => {
          app.reporter.close();
          cleanup.use(attachTerminal(app, client, attachment));
        },
        signal: app.signal,
      });
      using client = started.client;
      if (flags.detach === true) {
        printLine(started.id);
        return 0;
      }
      const end = await client.answer();
      if (end.event !== 'ended') throw new Error(`the shim answered ${end.event}`);
      if (end.reason !== undefined && end.exitCode === 125) {
        throw new FirekilnError('VM_ENDED', `the VM ${started.name} ended: ${end.reason}`, {
          hint: flags.rm === true ? undefined : `\`firekiln logs --boot ${started.name}\` shows its console.`,
        });
      }
      return end.exitCode;
    },
    { status: 125 },
  );
}

async function readPorts(specs: readonly string[]): Promise<readonly PublishedPort[]> {
  const { parsePortSpec } = await import('../../runtime/options/port-spec.ts');
  return specs.flatMap(parsePortSpec);
}

function readLabels(labels: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    labels.map((text) => {
      const equals = text.indexOf('=');
      return equals === -1 ? [text, ''] : [text.slice(0, equals), text.slice(equals + 1)];
    }),
  );
}
