import type { CodeInfo } from './code-info.ts';

/** Machines: what was asked of them, how they start, how they end. */
export const vmCodes = {
  VM_SPEC_INVALID: {
    meaning: 'A machine can not have what was asked for: too many drives, too little memory, a path too long.',
    wayOut: 'The message names the value and the limit of the driver.',
  },
  VM_UNSUPPORTED: {
    meaning: 'The machine driver does not have what was asked of a machine.',
    wayOut: 'The message names it; docs/drivers.md lists what each driver has.',
  },
  VM_START_FAILED: {
    meaning: 'The VMM could not be started, or ended before the guest ran.',
    wayOut: 'The message shows the last words of the VMM; `firekiln doctor` finds out what works on this host.',
  },
  VM_ENDED: {
    meaning: 'The virtual machine ended while something was still expected of it.',
    wayOut: 'The message says how it ended and shows the end of its console.',
  },
  VMM_UNSUPPORTED: {
    meaning: 'A program is not the virtual machine monitor that it should be, or of a version that can not be used.',
    wayOut: 'The message names the program and the version that is needed; `firekiln setup firecracker` installs it.',
  },
  JAIL_UNUSABLE: {
    meaning: "A virtual machine can't be put into a jail where it should be.",
    wayOut: 'The message names the folder or the file, and why; --chroot-base chooses another place for jails.',
  },
  JAIL_IN_USE: {
    meaning: 'The jail that a machine would get has another machine in it.',
    wayOut: 'The message names the process; `firekiln ps` shows the VMs that run.',
  },
  VMM_OUTDATED: {
    meaning: 'The VMM is older than what was asked of it.',
    wayOut: 'The message names the version that is there and the one that is needed.',
  },
  VMM_REFUSED: {
    meaning: 'The VMM refused a request.',
    wayOut: 'The message names the request and gives the reason in the words of the VMM.',
  },
  VMM_SILENT: {
    meaning: 'The VMM did not answer a request: it took too long, or the connection broke.',
    wayOut: 'The message names the request; the console and the state of the machine may say more.',
  },
  SNAPSHOT_REFUSED: {
    meaning: 'No snapshot may or can be made of this machine now.',
    wayOut: 'The message says why, such as secrets in the memory of the guest.',
  },
  SNAPSHOT_INCOMPATIBLE: {
    meaning: 'A snapshot can not be loaded here: it is damaged, of another VMM, or of a different machine.',
    wayOut: 'The message names the difference; take the snapshot again with what is installed here.',
  },
  KVM_REQUIRED: {
    meaning: 'Hardware virtualisation was required, and guests do not boot with it on this host.',
    wayOut: 'The message says what was found; the command works without --require-kvm, by emulation.',
  },
} satisfies Record<string, CodeInfo>;
