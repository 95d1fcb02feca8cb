import type { CodeInfo } from './code-info.ts';

/** Where Dockerfiles and build contexts come from. */
export const sourceCodes = {
  LOCATOR_INVALID: {
    meaning: 'A locator of a Dockerfile or a context is no path and no URL of a form that is known.',
    wayOut: 'docs/dockerfile.md lists the forms: paths, http(s) URLs, and git repositories with #ref:folder or :/path.',
  },
  CONTEXT_CHANGED: {
    meaning: 'A file of the build context was changed while the build read it.',
    wayOut: 'Build again when nothing writes to the context, or leave the file out with .dockerignore.',
  },
} satisfies Record<string, CodeInfo>;
