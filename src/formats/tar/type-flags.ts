const flag = (char: string) => char.charCodeAt(0);

/** Type flags of POSIX.1-2017, GNU tar and Solaris. */
export const typeFlags = {
  oldFile: 0,
  file: flag('0'),
  hardLink: flag('1'),
  symlink: flag('2'),
  character: flag('3'),
  block: flag('4'),
  directory: flag('5'),
  fifo: flag('6'),
  contiguousFile: flag('7'),
  pax: flag('x'),
  paxGlobal: flag('g'),
  sunPax: flag('X'),
  gnuLongName: flag('L'),
  gnuLongLink: flag('K'),
  gnuSparse: flag('S'),
  gnuDumpDirectory: flag('D'),
  gnuVolume: flag('V'),
} as const;
