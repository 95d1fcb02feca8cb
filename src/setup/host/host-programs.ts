import { findProgram } from '../../base/find-program.ts';

/** A program that Firekiln starts on the host. */
export interface HostProgram {
  readonly name: string;
  /** Debian's package. */
  readonly package: string;
  readonly why: string;
  /** What does not work without it, where that is not everything. */
  readonly onlyFor?: string;
}

export const hostPrograms: readonly HostProgram[] = [
  { name: 'qemu-system-x86_64', package: 'qemu-system-x86', why: 'runs the virtual machines' },
  { name: 'passt', package: 'passt', why: 'gives them a network without root' },
  { name: 'setpriv', package: 'util-linux', why: 'ends programs together with Firekiln' },
  { name: 'git', package: 'git', why: 'fetches git repositories', onlyFor: 'contexts and ADD from git' },
  { name: 'mmdebstrap', package: 'mmdebstrap', why: 'makes Debian bases', onlyFor: '`firekiln base build`' },
  { name: 'newuidmap', package: 'uidmap', why: 'lets mmdebstrap work without root', onlyFor: '`firekiln base build`' },
];

/** Those that are not installed. */
export async function missingPrograms(): Promise<HostProgram[]> {
  const found = await Promise.all(hostPrograms.map(async ({ name }) => await findProgram(name)));
  return hostPrograms.filter((_, i) => found[i] === undefined);
}
