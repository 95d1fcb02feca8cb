import type { CodeInfo } from './code-info.ts';

/** Faults of Dockerfiles and what belongs to them. */
export const frontendCodes = {
  DOCKERFILE_MISSING: {
    meaning: 'The Dockerfile that was named does not exist, or is a folder.',
    wayOut: 'Name the file with -f; without it, a file `Dockerfile` in the context is looked for.',
  },
  DOCKERFILE_SYNTAX: {
    meaning:
      'A line of a Dockerfile does not follow the grammar: a broken flag, JSON array, heredoc, directive or name=value.',
    wayOut: 'The message shows the line and what was expected there; docs/dockerfile.md describes the grammar.',
  },
  DOCKERFILE_INSTRUCTION: {
    meaning: 'An instruction of a Dockerfile is unknown, misplaced, or has wrong arguments or flags.',
    wayOut: 'The message shows the line and what the instruction takes; docs/dockerfile.md lists every flag.',
  },
  CHECK_OPTION_INVALID: {
    meaning: 'The options of the build checks, in `# check=` or BUILDKIT_DOCKERFILE_CHECK, are wrong.',
    wayOut:
      'Write skip=RULE,RULE or skip=all, experimental=RULE,RULE or experimental=all, error=true, separated by semicolons.',
  },
  CHECKS_FAILED: {
    meaning: 'A build check has found something, and the Dockerfile asks that this be an error (`# check=error=true`).',
    wayOut: 'Mend what the warnings show, or skip the rule by name; docs/checks has a page for each rule.',
  },
  DOCKERFILE_EXPANSION: {
    meaning:
      'A word of a Dockerfile has a quote that is not closed, or a substitution that is wrong or that asks to fail.',
    wayOut: 'Close the quote or brace that the message names, or use a modifier that docs/dockerfile.md lists.',
  },
  DOCKERFILE_PLAN: {
    meaning:
      'The instructions of a Dockerfile do not fit together: a stage that is not there, a circle, a wrong value.',
    wayOut: 'The message shows the lines and says what was expected.',
  },
} satisfies Record<string, CodeInfo>;
