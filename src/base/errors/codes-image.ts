import type { CodeInfo } from './code-info.ts';

/** Names, documents and sources of images. */
export const imageCodes = {
  REFERENCE_INVALID: {
    meaning: 'The name of an image does not follow the grammar [HOST[:PORT]/]PATH[:TAG][@DIGEST].',
    wayOut: 'The message says which part is wrong; names are lower-case.',
  },
  OCI_INVALID: {
    meaning: 'A manifest, an index, an image config or an OCI layout is not what the OCI image spec (or Docker) says.',
    wayOut:
      'The message names the document and the field. The image or the registry is at fault: make or push it again.',
  },
  OCI_UNSUPPORTED: {
    meaning: 'A document is well formed, but of a kind that is no root file system for Firekiln.',
    wayOut:
      'The message names the kind: an artifact, a Windows image, an image of the time before 2016, a digest not sha256.',
  },
  PLATFORM_INVALID: {
    meaning: 'A platform does not have the form OS/ARCHITECTURE[/VARIANT].',
    wayOut: 'Write it as linux/amd64 or linux/arm64.',
  },
  BASE_NOT_FOUND: {
    meaning: 'An image that FROM, COPY --from or run names is nowhere to be found.',
    wayOut: 'The message lists where it was looked for; check the spelling, or build or pull it first.',
  },
  IMAGE_NOT_FOUND: {
    meaning: 'The image that a command names is not in the image store.',
    wayOut: '`firekiln images` lists what is there; pull or build it first.',
  },
  IMAGE_AMBIGUOUS: {
    meaning: 'A beginning of an id fits several images.',
    wayOut: 'Give more digits of the id.',
  },
  IMAGE_IN_USE: {
    meaning: 'An image has several names, and its id alone does not say which of them is to go.',
    wayOut: 'Remove the names one by one, or all of them with --force.',
  },
  BASE_UNSUPPORTED: {
    meaning: 'A base is asked for that `firekiln base build` can not make.',
    wayOut: 'The message lists what it makes; pull other bases, or build them from a Dockerfile.',
  },
  BASE_HALF_REPLACED: {
    meaning: 'The disk and the metadata.json of a base in a base store are of two different builds.',
    wayOut:
      'A `firekiln base build` was stopped between the two: run it again. If the disk was changed on purpose, remove metadata.json, or the member `uuid` in it.',
  },
  PARTITION_UNUSABLE: {
    meaning: 'The disk of a base has a partition table in which the root file system can not be found.',
    wayOut:
      'The message lists the partitions: name one with --machine-root-drive-partuuid, or use a disk that is one file system.',
  },
  EXPORT_PLACE: {
    meaning: 'The place that an output is to be written to is taken by something else.',
    wayOut: 'Choose another dest, or remove what is there.',
  },
} satisfies Record<string, CodeInfo>;
