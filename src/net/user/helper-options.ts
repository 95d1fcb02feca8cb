/** The user `nobody` of Linux, as which the programs of a VM's network run for root. */
export const nobody = 65_534;

export function isRoot(): boolean {
  return process.geteuid?.() === 0;
}

/** As whom and how the programs of a VM's network run. */
export function helperOptions() {
  return {
    env: { PATH: process.env.PATH, LANG: 'C' },
    stdout: 'ignore',
    maxOutputBytes: 16 << 10,
    dieWithParent: true,
    ...(isRoot() ? { uid: nobody, gid: nobody } : {}),
  } as const;
}
