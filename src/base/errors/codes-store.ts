import type { CodeInfo } from './code-info.ts';

/** Content, records and the folder that holds them. */
export const storeCodes = {
  BLOB_MISSING: {
    meaning: 'The content with the named digest is not in the store.',
    wayOut: 'Pull or build the image again; what is there already is reused.',
  },
  BLOB_CORRUPT: {
    meaning: 'Stored bytes are not what was put: the disk, the memory or another program has changed them.',
    wayOut:
      'The damaged file is set aside; pull or build the image again and it is replaced. Check the disk if it happens twice.',
  },
  DIGEST_MISMATCH: {
    meaning: 'Bytes from outside do not have the digest that was promised for them; nothing of them is kept.',
    wayOut: 'Try again; if it stays, the place the message names serves wrong content.',
  },
  SIZE_MISMATCH: {
    meaning: 'More or fewer bytes came from outside than were promised; nothing of them is kept.',
    wayOut: 'Try again; if it stays, the place the message names serves wrong content.',
  },
  STORE_NEWER: {
    meaning: 'The store was written by a newer version of Firekiln, in a format that this version does not know.',
    wayOut: 'Use the newer version, or another --data-dir.',
  },
  STORE_OUTDATED: {
    meaning: 'The store has a format so old that this version can no longer bring it up to date.',
    wayOut: 'Open it once with a version between the two, or use another --data-dir.',
  },
  STORE_BUSY: {
    meaning: 'Another Firekiln process uses the store in a way that excludes what was asked.',
    wayOut: 'Wait until the other process has ended, then try again.',
  },
  STORE_DAMAGED: {
    meaning: "The store's own records can't be read.",
    wayOut:
      'The message names the file and what to do; blobs are kept apart from the records and are not lost with them.',
  },
} satisfies Record<string, CodeInfo>;
