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
} satisfies Record<string, CodeInfo>;
