interface Kind {
  readonly name: string;
  readonly ours: RegExp;
  readonly theirs: RegExp;
}

/** What a message is about, in the words of each builder. The first that fits counts. */
const kinds: readonly Kind[] = [
  { name: 'pattern', ours: /^the pattern .* is wrong/, theirs: /invalid includepatterns|syntax error in pattern/ },
  { name: 'unknown flag', ours: /has the unknown flag/, theirs: /unknown flag: / },
  { name: 'flag without a value', ours: /has --\S+ without a value/, theirs: /missing a value on flag: / },
  {
    name: 'flag twice',
    ours: /has (?:the flag )?--\S+ (?:twice|more than once)/,
    theirs: /duplicate flag specified: /,
  },
  { name: 'boolean', ours: /expected --\S+, --\S+=true or/, theirs: /expecting boolean value for flag/ },
  { name: 'unknown instruction', ours: /^unknown instruction: /, theirs: /unknown instruction: / },
  {
    name: 'circular',
    ours: /circular|circle|depends on itself|is not finished before/,
    theirs: /circular dependency detected|needs to be defined before current stage/,
  },
  {
    name: 'variable in --from',
    ours: /and --from can't have any/,
    theirs: /variable expansion is not supported for --from/,
  },
  {
    name: 'names with --link',
    ours: /can not be looked up with --link/,
    theirs: /names can't be resolved when used with --link/,
  },
  {
    name: 'not closed',
    ours: /is not closed/,
    theirs: /unexpected end of statement|missing '\S'|unterminated heredoc|modifier \(\ufffd\)/,
  },
  { name: 'modifier', ours: /has the unknown modifier/, theirs: /unsupported modifier/ },
  { name: 'no base', ours: /^(?:\S+ is not here)$/, theirs: /failed to resolve source metadata/ },
  { name: 'folder of a repository', ours: /has no folder \S+ at /, theirs: /invalid subdir .*: no such file/ },
  {
    name: 'source missing',
    ours: /was not found in |does not exist in what is mounted at /,
    theirs: /"[^"]*": not found$|(?:lstat|stat) .+: no such file or directory$/,
  },
  {
    name: 'loop',
    ours: /too many symbolic links|leads through too many symlinks/,
    theirs: /too many links|too many levels of symbolic links/,
  },
  {
    name: 'in the way',
    ours: /is in the way|cannot copy a folder onto|cannot replace the folder/,
    theirs: /not a directory|cannot copy to non-directory|cannot replace to directory|file exists|is a directory/,
  },
  {
    name: 'port',
    ours: /^EXPOSE has the word/,
    theirs: /invalid (?:containerPort|hostPort|proto|range|start port|end port|IP)|no port specified/i,
  },
  { name: 'mode', ours: /is not a file mode/, theirs: /invalid chmod|invalid syntax$|invalid mode/ },
];

/** Whether two errors are of one kind; where neither side's is known, they are taken to be. */
export function isSameKind(ours: string, theirs: string): boolean {
  const message = ours.replace(/^ONBUILD .*?, left by the base: /s, '');
  const mine = kinds.find((kind) => kind.ours.test(message));
  const other = kinds.find((kind) => kind.theirs.test(theirs));
  return mine === other;
}
