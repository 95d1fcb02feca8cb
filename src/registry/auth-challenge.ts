/** One challenge of a WWW-Authenticate header. */
export interface AuthChallenge {
  /** In lower case: `bearer`, `basic`. */
  readonly scheme: string;
  /** Names in lower case. */
  readonly parameters: Readonly<Record<string, string>>;
}

/** A header longer than this is cut: no registry's comes near. */
const maxHeaderLength = 8192;

const token = /[!#$%&'*+.^_`|~0-9A-Za-z-]+/y;
const blank = /[ \t]*/y;
const comma = /[ \t,]*/y;
const quoted = /"((?:[^"\\]|\\.)*)"/y;
const token68 = /[A-Za-z0-9._~+/-]+=*(?=[ \t]*(?:,|$))/y;

/**
 * Reads WWW-Authenticate (RFC 9110, section 11.6.1): several challenges may stand in one header, separated by the same
 * commas as their parameters. What is malformed ends the reading; what came before it counts.
 */
export function parseChallenges(header: string): readonly AuthChallenge[] {
  const text = header.slice(0, maxHeaderLength);
  const challenges: { scheme: string; parameters: Record<string, string> }[] = [];
  let position = 0;
  const take = (pattern: RegExp): RegExpExecArray | undefined => {
    pattern.lastIndex = position;
    const match = pattern.exec(text);
    if (match === null) return undefined;
    position += match[0].length;
    return match;
  };
  for (;;) {
    take(comma);
    const name = take(token)?.[0];
    if (name === undefined) return challenges;
    const afterName = position;
    take(blank);
    const current = challenges.at(-1);
    if (text[position] === '=' && current !== undefined) {
      position += 1;
      take(blank);
      const value = take(quoted)?.[1]?.replace(/\\(.)/g, '$1') ?? take(token)?.[0];
      if (value === undefined) return challenges;
      // The first of two equal names counts; a later one could only be there to confuse.
      if (!Object.hasOwn(current.parameters, name.toLowerCase())) current.parameters[name.toLowerCase()] = value;
      continue;
    }
    if (text[position] === '=' || (afterName < text.length && !/[ \t,]/.test(text[afterName] ?? ''))) return challenges;
    challenges.push({ scheme: name.toLowerCase(), parameters: Object.create(null) as Record<string, string> });
    // `Negotiate abc==`: a value instead of parameters, of a scheme that is not for us.
    take(token68);
  }
}
