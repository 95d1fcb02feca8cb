/** The pattern, of ignore files and of COPY, that means exactly this name. */
export function escapedPattern(name: string): string {
  return name.replace(/[!-.:-@[-`{-~]/g, (char) => `\\${char}`);
}
