/** The versions of the CNI specification that Firekiln speaks, oldest first. Results before 0.3.0 have another shape. */
export const cniVersions = ['0.3.0', '0.3.1', '0.4.0', '1.0.0', '1.1.0'] as const;

export type CniVersion = (typeof cniVersions)[number];

export function isCniVersion(text: string): text is CniVersion {
  return cniVersions.some((version) => version === text);
}

export function isAtLeast(version: CniVersion, least: CniVersion): boolean {
  return cniVersions.indexOf(version) >= cniVersions.indexOf(least);
}

/** The newest of those given, if there is any. */
export function newestVersion(versions: readonly CniVersion[]): CniVersion | undefined {
  return cniVersions.findLast((version) => versions.includes(version));
}
