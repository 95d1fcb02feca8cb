import type { CodeInfo } from './code-info.ts';

/** Where Dockerfiles and build contexts come from. */
export const sourceCodes = {
  CONTEXT_CHANGED: {
    meaning: 'A file of the build context was changed while the build read it.',
    wayOut: 'Build again when nothing writes to the context, or leave the file out with .dockerignore.',
  },
} satisfies Record<string, CodeInfo>;
