/** A line of a command's result, on standard output. Everything else that is said goes to standard error. */
export function printLine(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** A line about the work, on standard error. */
export function printNotice(line: string): void {
  process.stderr.write(`${line}\n`);
}

/** Where a command writes bytes that are its result, such as an archive. */
export function standardOutput(): NodeJS.WriteStream {
  return process.stdout;
}
