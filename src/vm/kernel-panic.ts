/** What the kernel said when it panicked, from the text of a console; undefined if it did not. */
export function findKernelPanic(console: string): string | undefined {
  return /Kernel panic - not syncing[^\r\n]*/.exec(console)?.[0];
}
