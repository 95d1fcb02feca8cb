import type { CodeInfo } from './code-info.ts';

/** Running VMs: `run`, `ps`, `exec` and their kin. */
export const runtimeCodes = {
  VM_NOT_FOUND: {
    meaning: 'No VM has the given name or id.',
    wayOut: '`firekiln ps -a` lists all VMs, also those that have ended.',
  },
  VM_AMBIGUOUS: {
    meaning: 'The beginning of an id fits several VMs.',
    wayOut: 'Give more of the id, or the name.',
  },
  VM_NAME_INVALID: {
    meaning: 'The name for a VM or its hostname has characters that it may not have.',
    wayOut: 'Names are letters, digits, "_", "." and "-", and begin with a letter or digit.',
  },
  VM_NAME_TAKEN: {
    meaning: 'Another VM has this name already.',
    wayOut: 'Choose another name, or remove the other VM with `firekiln rm`.',
  },
  VM_NOT_RUNNING: {
    meaning: 'The VM has ended, or is not up yet.',
    wayOut: '`firekiln ps -a` shows how it ended, `firekiln logs` what it said.',
  },
  VM_STILL_RUNNING: {
    meaning: 'The VM is running, and what was asked for needs it to have ended.',
    wayOut: 'Stop it first with `firekiln stop`, or use `firekiln rm -f`.',
  },
  VM_RECORD_DAMAGED: {
    meaning: 'The record of a VM in the data dir can not be read.',
    wayOut: 'The message names the file. `firekiln rm -f` removes the VM with all that belongs to it.',
  },
  PORT_INVALID: {
    meaning: 'A published port does not have the form [ADDRESS:][HOST:]GUEST[/tcp].',
    wayOut: 'Write for example -p 8080:80, or -p 0.0.0.0:8080:80 to be reached from other hosts.',
  },
  PORT_TAKEN: {
    meaning: 'Something listens on a port of this host already that a VM was to publish.',
    wayOut: 'The message says who, where that can be told. Choose another host port, or end the other program.',
  },
  RUN_NO_COMMAND: {
    meaning: 'Neither the image nor the command line says which program to run.',
    wayOut: 'Give a command after the name of the image, or --entrypoint.',
  },
  RUN_NO_INIT: {
    meaning: 'The VM was to be run by the init of the image, which has none at that place.',
    wayOut:
      'Leave `--init image` out, use an image with an init such as those of baseos/, or name the init after the image.',
  },
  RUN_PLATFORM: {
    meaning: 'The image is for another processor or operating system than this host has.',
    wayOut: 'Pull or build the image for this platform.',
  },
  RUN_USER_UNKNOWN: {
    meaning: 'The user or group is not in /etc/passwd or /etc/group of the image.',
    wayOut: 'Give a name that the image has, or numbers.',
  },
  SHIM_FAILED: {
    meaning: 'The process that owns a VM could not be started, or ended without saying why.',
    wayOut: 'The message shows the end of its log.',
  },
  GUEST_SETUP_FAILED: {
    meaning: 'The file system of an image could not be put together inside the VM.',
    wayOut: 'The message shows what the guest said; `firekiln logs --boot` has the whole console.',
  },
} satisfies Record<string, CodeInfo>;
