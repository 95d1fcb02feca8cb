import type { Platform } from '../../src/formats/oci/image.ts';

const platform: Platform = { os: 'linux', architecture: 'amd64' };

/** What of a request to plan a Dockerfile is the same wherever none of it matters: a build on amd64 without any flags. */
export const planRequest = {
  target: undefined,
  buildArgs: new Map<string, string>(),
  labels: new Map<string, string>(),
  platform,
  buildPlatform: platform,
  platformIsExplicit: false,
  noCache: false,
  network: 'default',
  hostname: 'buildkitsandbox',
  extraHosts: [],
  shmSize: undefined,
  allowInsecure: false,
  sourceDateEpoch: undefined,
  observer: {},
} as const;
