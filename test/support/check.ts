import { checkDockerfile } from '../../src/frontend/lint/check-dockerfile.ts';
import type { BaseFacts, CheckRequest, CheckResult } from '../../src/frontend/lint/check-request.ts';
import { parseDockerfile } from '../../src/frontend/syntax/parse-dockerfile.ts';

const platform = { os: 'linux', architecture: 'amd64' };

/** As BuildKit predefines them on linux/amd64. */
export const predefinedArgs: ReadonlyMap<string, string> = new Map([
  ['BUILDPLATFORM', 'linux/amd64'],
  ['BUILDOS', 'linux'],
  ['BUILDOSVERSION', ''],
  ['BUILDARCH', 'amd64'],
  ['BUILDVARIANT', ''],
  ['TARGETPLATFORM', 'linux/amd64'],
  ['TARGETOS', 'linux'],
  ['TARGETOSVERSION', ''],
  ['TARGETARCH', 'amd64'],
  ['TARGETVARIANT', ''],
  ['TARGETSTAGE', 'default'],
]);

/** The config of an image that sets nothing but PATH. */
export const plainBase: BaseFacts = { env: ['PATH=/usr/bin:/bin'], platform };

/** Checks a Dockerfile on linux/amd64; every base is {@link plainBase} unless the options say otherwise. */
export function check(text: string, options: Partial<CheckRequest> = {}): CheckResult {
  return checkDockerfile({
    tree: parseDockerfile({ file: 'Dockerfile', text }),
    buildArgs: new Map(),
    predefinedArgs,
    platform,
    baseOf: () => plainBase,
    ...options,
  });
}
