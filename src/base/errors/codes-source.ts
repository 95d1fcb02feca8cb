import type { CodeInfo } from './code-info.ts';

/** Where Dockerfiles and build contexts come from. */
export const sourceCodes = {
  LOCATOR_INVALID: {
    meaning: 'A locator of a Dockerfile or a context is no path and no URL of a form that is known.',
    wayOut: 'docs/dockerfile.md lists the forms: paths, http(s) URLs, and git repositories with #ref:folder or :/path.',
  },
  CONTEXT_MISSING: {
    meaning: 'The folder that was named as the build context does not exist, or is no folder.',
    wayOut: 'Name the folder whose files COPY and ADD may read; the Dockerfile itself is named with -f.',
  },
  CONTEXT_CHANGED: {
    meaning: 'A file of the build context was changed while the build read it.',
    wayOut: 'Build again when nothing writes to the context, or leave the file out with .dockerignore.',
  },
  GIT_FAILED: {
    meaning: 'git could not do what was asked of it.',
    wayOut: "The message has git's own words; try the same URL with `git ls-remote`.",
  },
  GIT_REF_MISSING: {
    meaning: 'A git repository has no such branch, tag, commit or folder.',
    wayOut: 'Check the part of the locator behind `#`; `git ls-remote URL` lists branches and tags.',
  },
  GIT_CHECKSUM: {
    meaning: 'A git reference leads to another commit than the checksum says.',
    wayOut: 'The branch or tag was moved: check who moved it, then correct the checksum.',
  },
  CHECKSUM_MISMATCH: {
    meaning: 'What a server sent does not have the checksum that ADD --checksum names.',
    wayOut: 'The file has changed, or somebody changed it on the way: check it, then correct the checksum.',
  },
  URL_FAILED: {
    meaning: 'A server did not give a file that the build needs.',
    wayOut: 'The message has the URL and the status; check that it can be reached from this host.',
  },
} satisfies Record<string, CodeInfo>;
