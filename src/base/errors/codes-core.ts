import type { CodeInfo } from './code-info.ts';

/** Codes that any part of Firekiln may raise. */
export const coreCodes = {
  USAGE: {
    meaning: 'The command line is wrong: an unknown flag, a missing argument, or flags that exclude each other.',
    wayOut: 'The message names the flag; `firekiln COMMAND --help` lists what there is.',
  },
  CONFIG_INVALID: {
    meaning: 'A configuration file has a syntax error, an unknown key or a value of the wrong type.',
    wayOut: 'The message gives file, line and the nearest known key.',
  },
  ABORTED: {
    meaning: 'The work was stopped on request (Ctrl-C or SIGTERM).',
    wayOut: 'Nothing to mend: what was finished before the stop is kept and is reused.',
  },
  TIMEOUT: {
    meaning: 'A step did not finish within its time limit.',
    wayOut: 'The message names the step and the flag or setting that holds the limit.',
  },
  DISK_FULL: {
    meaning: 'The file system that holds the named path has no space, no inodes or no quota left.',
    wayOut: 'Free space; for the data dir run `firekiln purge`, or choose another place with --data-dir.',
  },
  DISK_FAILED: {
    meaning: 'The disk, or the server behind a network file system, fails to read or write the named path.',
    wayOut: 'See what the kernel says (`dmesg`); what is damaged in the store is found and made or fetched again.',
  },
  PERMISSION: {
    meaning: 'The operating system refused access to the named path or operation.',
    wayOut: 'Run as a user who may, or follow the hint of the message.',
  },
  PROCESS_FAILED: {
    meaning: 'A helper program ended with an error.',
    wayOut: 'The message shows the command, its exit code and the end of its error output.',
  },
  PROGRAM_MISSING: {
    meaning: 'A program that is needed is not installed.',
    wayOut: 'Run `firekiln setup`, or install the named package.',
  },
  LIMIT_EXCEEDED: {
    meaning: 'Something from outside is larger, deeper or more numerous than the named ceiling.',
    wayOut: 'docs/limits.md lists the ceilings with their reasons.',
  },
} satisfies Record<string, CodeInfo>;
