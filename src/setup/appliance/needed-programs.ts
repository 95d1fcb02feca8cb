/**
 * What the appliance is made of: programs by their paths in Debian's packages. Libraries are found by what the programs
 * ask the dynamic linker for.
 */
export const applianceProgramPackages: readonly string[] = [
  'busybox-static',
  'openssh-server',
  'socat',
  'util-linux',
  'e2fsprogs',
];

/** Path in the packages -> path in the appliance. */
export const applianceProgramFiles: ReadonlyMap<string, string> = new Map([
  ['bin/busybox', 'bin/busybox'],
  ['usr/sbin/sshd', 'sbin/sshd'],
  ['usr/bin/socat', 'bin/socat'],
  // busybox's setpriv, unshare and nsenter lack what steps need: --reuid, --bounding-set, --propagation.
  ['usr/bin/setpriv', 'bin/setpriv'],
  ['usr/bin/unshare', 'bin/unshare'],
  ['usr/bin/nsenter', 'bin/nsenter'],
  ['sbin/resize2fs', 'sbin/resize2fs'],
]);
