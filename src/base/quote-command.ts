/** A command line that a POSIX shell would take as it stands. */
export function quoteCommand(command: string, args: readonly string[]): string {
  return [command, ...args].map(quoteWord).join(' ');
}

/** One word for a POSIX shell. */
export function quoteWord(word: string): string {
  return /^[A-Za-z0-9_@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
