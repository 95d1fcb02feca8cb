import type { CodeInfo } from './code-info.ts';

/** The appliance within a machine, and the channel to it. */
export const guestCodes = {
  GUEST_BOOT_FAILED: {
    meaning: 'A virtual machine started, but its appliance did not come up, or not in time.',
    wayOut:
      'The message names the last stage it reached and shows its console; `firekiln doctor` boots one for a trial.',
  },
  GUEST_PORT_CLOSED: {
    meaning: 'Nothing accepts connections at a port inside the virtual machine.',
    wayOut: 'Check that the program in the VM runs and listens on that port, on all addresses or on 127.0.0.1.',
  },
  GUEST_COMMAND_FAILED: {
    meaning: 'A command of Firekiln itself failed inside a virtual machine.',
    wayOut: 'The message shows what the command said; a full disk or too little memory of the VM is a frequent cause.',
  },
  SSH_FAILED: {
    meaning: 'An SSH connection to a virtual machine could not be made, or broke.',
    wayOut: 'The message says at which step; if the machine is overloaded, give it more time or memory.',
  },
  SSH_REFUSED: {
    meaning: 'The SSH server of a virtual machine takes none of the keys that were offered.',
    wayOut:
      'The message names the keys that were tried. Give the one that the base accepts with --machine-ssh-key-file or through the SSH agent, or give none: then a key is authorised for the time of the build.',
  },
  BASE_UNUSABLE: {
    meaning: 'A base can not be built in place: its disk, its init, its SSH server, its user or its sudo is missing.',
    wayOut:
      'The message says what is missing. Use a base that has it, such as one of `firekiln base build`, or leave --machine-ssh-user out: then the image needs none of it.',
  },
  IN_PLACE_UNSUPPORTED: {
    meaning:
      'A build in place is asked for something that can not be done there, or its target starts from nothing that boots.',
    wayOut: 'The message says what to use instead; without --machine-ssh-user the step can be done.',
  },
  KERNEL_UNUSABLE: {
    meaning: 'The kernel of --machine-vmlinux can not boot the base here.',
    wayOut: 'The message names what it must have built in. Leave --machine-vmlinux out to use the kernel of Firekiln.',
  },
  EGRESS_FAILED: {
    meaning: 'A virtual machine that builds in place did not reach the outside within the time for it.',
    wayOut:
      'Name another host with --egress-test-target, give it more time with --egress-test-timeout-seconds, or skip the test with --egress-no-wait.',
  },
} satisfies Record<string, CodeInfo>;
