import type { CodeInfo } from './code-info.ts';

/** Steps of a build that can't be started in their virtual machine. */
export const executorCodes = {
  STEP_USER_UNKNOWN: {
    meaning: 'The user or group that a step is to run as is not in the files of its image.',
    wayOut: 'Make the user in an earlier RUN, correct USER, or give numbers.',
  },
  STEP_MOUNT_IMPOSSIBLE: {
    meaning: 'What a RUN --mount asks for is not there, or cannot lie at its target.',
    wayOut: 'The message names source and target: a folder needs a folder as its target, a file needs a file.',
  },
  STEP_FOLDER_IMPOSSIBLE: {
    meaning: 'The working folder of a step is no folder, or cannot be made.',
    wayOut: 'Correct WORKDIR, or remove what is in the way in an earlier RUN.',
  },
  STEP_TOO_MANY_DRIVES: {
    meaning: 'A step needs more drives than a virtual machine of this driver can have.',
    wayOut: 'Use fewer bind and cache mounts in one RUN.',
  },
  STEP_SETUP_FAILED: {
    meaning: 'The virtual machine could not make a step ready to run.',
    wayOut: 'The message has what the virtual machine said. If it is no lack of memory, please report it.',
  },
} satisfies Record<string, CodeInfo>;
