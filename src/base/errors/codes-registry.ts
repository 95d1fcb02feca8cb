import type { CodeInfo } from './code-info.ts';

export const registryCodes = {
  BLOB_MISSING: {
    meaning: 'The content with the named digest is not in the store.',
    wayOut: 'Pull or build the image again; what is there already is reused.',
  },
  DIGEST_MISMATCH: {
    meaning: 'Bytes from outside do not have the digest that was promised for them; nothing of them is kept.',
    wayOut: 'Try again; if it stays, the place the message names serves wrong content.',
  },
  SIZE_MISMATCH: {
    meaning: 'More or fewer bytes came from outside than were promised; nothing of them is kept.',
    wayOut: 'Try again; if it stays, the place the message names serves wrong content.',
  },
  CREDENTIALS_INVALID: {
    meaning: 'A file or a helper program that holds the logins of registries is damaged.',
    wayOut: 'The message names it. Log in again with docker, podman or skopeo.',
  },
  REGISTRY_DENIED: {
    meaning: 'A registry refuses access: the image does not exist there, or a login is missing or has no right to it.',
    wayOut: 'Check the name; log in with `docker login HOST`, whose file and helpers Firekiln reads.',
  },
  REGISTRY_RATE_LIMITED: {
    meaning: 'A registry refuses for a while, because too much was asked of it.',
    wayOut: 'Wait, log in (which often raises the limit), or set a mirror in config.toml.',
  },
  REGISTRY_FAILED: {
    meaning: 'A registry answered with an error, or with something that no registry may answer.',
    wayOut: 'The message has its own words. If they make no sense, something else answers at that address.',
  },
} satisfies Record<string, CodeInfo>;
