/** The last lines of a console for an error's details, control characters that would upset a terminal left out. */
export function consoleLines(tail: string, count = 20): string[] {
  const lines = tail
    .split(/\r*\n/)
    .map((line) => line.replace(/\p{Cc}\[[0-9;?]*[A-Za-z]|\p{Cc}/gu, ''))
    .filter((line) => line.trim() !== '');
  return lines.slice(-count);
}
