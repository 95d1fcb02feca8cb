/** The last lines of an output, for messages. */
export function lastLines(output: Uint8Array, count: number): string[] {
  const text = Buffer.from(output).toString('utf8').trimEnd();
  return text === '' ? [] : text.split('\n').slice(-count);
}
