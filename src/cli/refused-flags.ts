import { type Command, Option } from 'commander';
import { FirekilnError } from '../base/errors/firekiln-error.ts';

/** Flags of `docker run` that are not here, and what to use instead. */
const refused: readonly (readonly [flags: string, instead: string])[] = [
  [
    '-v, --volume <spec>',
    'Files of the host can not be mounted into a VM. Put them into the image with COPY, or fetch them from inside.',
  ],
  [
    '--mount <spec>',
    'Files of the host can not be mounted into a VM. Put them into the image with COPY, or fetch them from inside.',
  ],
  ['--volumes-from <name>', 'VMs do not share disks.'],
  ['--tmpfs <spec>', 'The disk of a VM is thrown away with it; root in a VM may mount a tmpfs by itself.'],
  ['--privileged', 'Root in a VM has all capabilities of its own kernel already: leave the flag out.'],
  ['--cap-add <name>', 'Root in a VM has all capabilities of its own kernel already: leave the flag out.'],
  ['--cap-drop <name>', 'The VM is the boundary. To run with fewer rights, use -u USER.'],
  ['--security-opt <spec>', 'The VM is the boundary: leave the flag out.'],
  ['--device <path>', 'Devices of the host can not be passed into a VM.'],
  ['--gpus <spec>', 'Devices of the host can not be passed into a VM.'],
  ['--link <name>', 'Publish a port with -p, and reach the other VM by it.'],
  ['-P, --publish-all', 'Name the ports: -p 8080:80, or -p 80 for any free port of the host.'],
  [
    '--restart <policy>',
    'VMs are not restarted. Let a service manager of the host, such as systemd, run `firekiln run`.',
  ],
  ['--pid <mode>', 'A VM has processes of its own only.'],
  ['--ipc <mode>', 'A VM has a kernel of its own.'],
  ['--uts <mode>', 'A VM has a kernel of its own; its name is set by --hostname.'],
  ['--userns <mode>', 'A VM has a kernel of its own, and users of its own.'],
  ['--cgroupns <mode>', 'A VM has a kernel of its own.'],
  ['--sysctl <setting>', "Root in a VM may set its kernel's parameters with sysctl."],
  ['--ulimit <spec>', 'Root in a VM may set limits with ulimit.'],
  ['--dns <address>', 'A VM has the name servers of the host; root in it may change /etc/resolv.conf.'],
  ['--add-host <entry>', 'Root in a VM may add to /etc/hosts.'],
  ['--ip <address>', 'Addresses can not be chosen.'],
  ['--mac-address <address>', 'Addresses can not be chosen.'],
  ['--expose <port>', 'Every port of a VM can be published: -p HOST:GUEST.'],
  ['--shm-size <size>', "/dev/shm takes up to half of the VM's memory: see --memory."],
  ['--memory-swap <size>', 'VMs have no swap: see --memory.'],
  ['--cpu-shares <n>', 'Use --cpus.'],
  ['--cpuset-cpus <list>', 'Use --cpus, or taskset on the host.'],
  ['--pids-limit <n>', 'A VM is bounded by --memory.'],
  ['--read-only', 'What a VM writes goes to a disk of its own and is thrown away with it: leave the flag out.'],
  ['--runtime <name>', 'Use --driver.'],
  ['--log-driver <name>', 'Output is kept for `firekiln logs`, the last 16 MiB of it.'],
  ['--cidfile <path>', 'With -d the id is printed: firekiln run -d ... >FILE'],
  ['--platform <platform>', 'A VM runs images for the processor of this host.'],
  ['--pull <when>', 'Use `firekiln pull` to fetch a newer image.'],
];

/** Adds the refused flags as hidden options, so that each is refused by name. */
export function addRefusedFlags(command: Command): void {
  for (const [flags, instead] of refused) {
    const option = new Option(flags).hideHelp();
    command.addOption(option);
    command.on(`option:${option.name()}`, () => {
      throw new FirekilnError('USAGE', `firekiln run has no ${flags.split(' <')[0]?.split(', ').join(' or ')}`, {
        hint: instead,
        exitCode: 125,
      });
    });
  }
}
