/**
 * The lines of a TOML text on which keys stand: `registry`, `docker.io`, `mirrors` -> 4. The text is legal TOML; keys
 * within inline tables are not found. For messages only.
 */
export function keyLines(text: string): (path: readonly string[]) => number | undefined {
  const lines = new Map<string, number>();
  const note = (path: readonly string[], line: number) => {
    const id = JSON.stringify(path);
    if (!lines.has(id)) lines.set(id, line);
  };
  let table: readonly string[] = [];
  let open: '"""' | "'''" | undefined;
  let depth = 0;
  for (const [i, line] of text.split('\n').entries()) {
    const isContinued = open !== undefined || depth > 0;
    const header = isContinued ? null : /^\s*\[\[?(.+?)\]\]?\s*(?:#.*)?$/.exec(line);
    const key =
      header?.[1] ??
      (isContinued ? undefined : /^\s*((?:"(?:[^"\\]|\\.)*"|'[^']*'|[A-Za-z0-9_.\s-])+?)\s*=/.exec(line)?.[1]);
    if (key !== undefined) {
      const path = [...(header === null ? table : []), ...splitKey(key)];
      for (let end = 1; end <= path.length; end++) note(path.slice(0, end), i + 1);
      if (header !== null) table = path;
    }
    if (header === null)
      ({ open, depth } = skipValue(key === undefined ? line : line.slice(line.indexOf('=') + 1), open, depth));
  }
  return (path) => {
    for (let end = path.length; end > 0; end--) {
      const line = lines.get(JSON.stringify(path.slice(0, end)));
      if (line !== undefined) return line;
    }
    return undefined;
  };
}

function splitKey(key: string): string[] {
  return [...key.matchAll(/"((?:[^"\\]|\\.)*)"|'([^']*)'|([A-Za-z0-9_-]+)/g)].map(
    ([, basic, literal, bare]) => basic?.replace(/\\(.)/g, '$1') ?? literal ?? bare ?? '',
  );
}

/** Follows multi-line strings and arrays, whose lines may look like keys. */
function skipValue(line: string, open: '"""' | "'''" | undefined, depth: number) {
  let rest = line;
  for (;;) {
    if (open !== undefined) {
      const end = rest.indexOf(open);
      if (end === -1) return { open, depth };
      rest = rest.slice(end + 3);
      open = undefined;
      continue;
    }
    const next = /"""|'''|"(?:[^"\\]|\\.)*"|'[^']*'|[[\]{}#]/.exec(rest);
    if (next === null) return { open, depth };
    const [token] = next;
    if (token === '#') return { open, depth };
    rest = rest.slice(next.index + token.length);
    if (token === '"""' || token === "'''") open = token;
    else if (token === '[' || token === '{') depth += 1;
    else if (token === ']' || token === '}') depth = Math.max(0, depth - 1);
  }
}
