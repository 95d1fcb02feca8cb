import type { CodeInfo } from './code-info.ts';

/** What can go wrong while the steps of a Dockerfile are carried out. */
export const buildCodes = {
  COPY_SOURCE_MISSING: {
    meaning: 'COPY or ADD names a source that is not there.',
    wayOut: 'The message names the pattern and where it was looked for; check spelling, case and .dockerignore.',
  },
  NOT_A_FOLDER: {
    meaning: 'A path has to be a folder, but the image has something else there.',
    wayOut: 'Choose another destination, or remove what is in the way in an earlier RUN.',
  },
  IS_A_FOLDER: {
    meaning: 'A file or symlink would have to replace a folder of the image; that is never done.',
    wayOut: 'Choose another destination, or remove the folder in an earlier RUN.',
  },
  OWNER_INVALID: {
    meaning: 'The owner given to --chown or USER can not be used.',
    wayOut: 'On scratch there are no names: write user[:group] as numbers from 0 to 4294967295.',
  },
  PATH_INVALID: {
    meaning:
      'A path is none that a file can have: it has a NUL character (\\u0000 in a JSON form), a name of more than 255 bytes, or is longer than the host can reach.',
    wayOut: 'Write the path without the character, or with shorter names.',
  },
  SYMLINK_LOOP: {
    meaning: 'A path leads through a loop of symbolic links.',
    wayOut: 'Name the place itself instead of a link to it.',
  },
  RUN_FAILED: {
    meaning: 'The command of a RUN step ended with another exit code than 0.',
    wayOut: 'The message has the command, its exit code, its last lines and the line of the Dockerfile.',
  },
  NOT_REPRODUCIBLE: {
    meaning: 'With --check-reproducible: a step gave another layer when it was built a second time.',
    wayOut:
      'The message names the step, the first file that differs and what differs. Set SOURCE_DATE_EPOCH for times; pin versions of what the step downloads; leave dates and random numbers out of what it writes.',
  },
  SECRET_MISSING: {
    meaning: 'A step requires a secret or an SSH agent that was not given.',
    wayOut: 'Pass it with --secret or --ssh.',
  },
} satisfies Record<string, CodeInfo>;
