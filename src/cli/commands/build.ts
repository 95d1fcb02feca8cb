import { type Command, Option } from 'commander';
import { addCommonOptions, collect } from '../common-options.ts';
import { addInPlaceFlags } from '../in-place-flags.ts';
import { loadFrontend } from '../load-frontend.ts';
import { addMachineFlags } from '../machine-flags.ts';
import { addNetworkFlags } from '../network-flags.ts';
import { addProfileFlag } from '../profile-flag.ts';
import { type BuildFlags, refusedBuildFlags } from './build-flags.ts';

export function addBuildCommand(program: Command): void {
  const command = program
    .command('build')
    .description('build a microVM image from a Dockerfile')
    .argument(
      '[context]',
      'folder, URL, git repository or - (a tar on standard input); default: that of the Dockerfile',
    );
  const list = (flags: string, description: string) => command.option(flags, description, collect, []);
  command.option('-f, --file <locator>', 'the Dockerfile: a path, a URL, or - for standard input');
  command.option('--dockerfile <locator>', 'the same as --file');
  list('-t, --tag <name>', 'name of the image, such as org/app:1.0 (repeatable)');
  command.option('--target <stage>', 'the stage to build; the last one by default');
  list('--build-arg <name=value>', 'value of an ARG; NAME alone takes it from the environment (repeatable)');
  list('--build-context <name=locator>', 'a further context, or an image: docker-image://, oci-layout:// (repeatable)');
  list('--secret <spec>', 'for RUN --mount=type=secret: id=ID,src=PATH or id=ID,env=NAME (repeatable)');
  list(
    '--ssh <spec>',
    'for RUN --mount=type=ssh: default, ID=SOCKET of an SSH agent, or ID=KEY[,KEY] of private key files (repeatable)',
  );
  list('--label <name=value>', 'label of the image (repeatable)');
  command.option('--platform <platform>', 'such as linux/amd64; only what this machine runs');
  list('--add-host <host:address>', 'a further line of /etc/hosts for RUN steps (repeatable)');
  command.option('--shm-size <size>', 'size of /dev/shm for RUN steps');
  list('--allow <entitlement>', 'security.insecure: RUN --security=insecure is allowed');
  command.option('--no-cache', 'do every step again');
  list('--no-cache-filter <stage>', 'do every step of this stage again (repeatable)');
  command.option('--pull', 'ask the registry for newer images of the same name');
  list('-o, --output <spec>', 'also write the image: type=ext4|tar|oci|docker|dir|firecracker,dest=PATH (repeatable)');
  command.option('--iidfile <file>', 'write the id of the image to a file');
  command.option('--metadata-file <file>', 'write names and digests of the image to a file, as JSON');
  command.option('-q, --quiet', 'print nothing but the id of the image');
  command.option('--progress <mode>', 'auto, tty, plain, json or quiet');
  command.option('--check', 'run the build checks only; the exit status is 1 if they find something');
  command.option('--call <method>', 'build, or check (the same as --check)');
  command.option('--explain', 'say for each step why it was taken from the cache, or what changed');
  command.option('--check-reproducible', 'build twice, and fail with the first file that differs');
  command.option('--isolation <unit>', 'group: consecutive RUNs share a VM (default); step: each has its own');
  command.option('--cpus <count>', 'virtual CPUs of each VM that runs steps');
  command.option('--memory <size>', 'memory of each VM that runs steps');
  command.option('--scratch-size <size>', 'what the RUNs of one VM may write');
  command.option('--driver <driver>', 'auto, qemu or firecracker');
  command.option('--require-kvm', 'refuse to emulate where hardware virtualisation does not work');
  command.optionsGroup('Network of VMs:');
  addNetworkFlags(command);
  command.optionsGroup('Firecracker and its jailer:');
  addMachineFlags(command);
  command.optionsGroup('Every command:');
  addCommonOptions(command);
  addInPlaceFlags(command);
  addProfileFlag(command);
  for (const [name, instead] of Object.entries(refusedBuildFlags)) {
    command.addOption(new Option(`--${name} [value]`, instead).hideHelp());
  }
  command.action(async (context: string | undefined, flags: BuildFlags) => {
    await loadFrontend();
    const { runBuild } = await import('./build-run.ts');
    process.exitCode = await runBuild(context, flags);
  });
}
