import { chompHeredoc } from '../syntax/heredoc-body.ts';
import { heredocWordIn } from '../syntax/heredoc-word.ts';
import { type FlagText, readFlags } from './flags.ts';
import type { AddInstruction, CopyInstruction, InlineSource } from './instruction.ts';
import { instructionFault, type ReadContext } from './instruction-fault.ts';
import { readHead } from './read-head.ts';

const addFlags = {
  chown: 'text',
  chmod: 'text',
  link: 'boolean',
  'keep-git-dir': 'boolean',
  checksum: 'text',
  unpack: 'boolean',
  exclude: 'list',
} as const;

export function readAdd(context: ReadContext): AddInstruction {
  checkCount(context);
  const flags = readFlags(context, addFlags);
  return {
    kind: 'add',
    ...readHead(context),
    ...readSources(context),
    ...commonFlags(flags),
    checksum: textOf(flags.checksum),
    keepGitDir: flags['keep-git-dir'],
    unpack: flags.unpack,
  };
}

const copyFlags = {
  chown: 'text',
  chmod: 'text',
  link: 'boolean',
  from: 'text',
  exclude: 'list',
  parents: 'boolean',
} as const;

export function readCopy(context: ReadContext): CopyInstruction {
  checkCount(context);
  const flags = readFlags(context, copyFlags);
  return {
    kind: 'copy',
    ...readHead(context),
    ...readSources(context),
    ...commonFlags(flags),
    from: textOf(flags.from),
    parents: flags.parents ?? false,
  };
}

interface CommonFlags {
  readonly chown: FlagText | undefined;
  readonly chmod: FlagText | undefined;
  readonly link: boolean | undefined;
  readonly exclude: readonly FlagText[];
}

function commonFlags({ chown, chmod, link, exclude }: CommonFlags) {
  return {
    chown: textOf(chown),
    chmod: textOf(chmod),
    link: link ?? false,
    exclude: exclude.map((pattern) => pattern.value),
  };
}

/** A flag with an empty value counts as not given. */
function textOf(flag: FlagText | undefined): string | undefined {
  return flag?.value || undefined;
}

function checkCount(context: ReadContext): void {
  const { args } = context.node;
  if (args.length >= 2) return;
  const has = args.length === 0 ? 'no arguments' : 'one argument, so there is no destination';
  throw instructionFault(context, `${context.name} has ${has}; expected ${context.name} SOURCE... DESTINATION`);
}

function readSources(context: ReadContext) {
  const { args, heredocs } = context.node;
  const last = args.at(-1);
  if (last !== undefined && heredocWordIn(last.value) !== undefined) {
    throw instructionFault(context, `${context.name} has a here-document as its destination; expected a path`, last);
  }
  const contents = new Map(heredocs.map((heredoc) => [heredoc.name, heredoc.content]));
  const sources: string[] = [];
  const inlineSources: InlineSource[] = [];
  for (const { value } of args.slice(0, -1)) {
    const word = heredocWordIn(value);
    if (word === undefined) {
      sources.push(value);
      continue;
    }
    const content = contents.get(word.name) ?? '';
    inlineSources.push({
      name: word.name,
      data: word.chomp ? chompHeredoc(content) : content,
      expand: word.expand,
    });
  }
  return { sources, inlineSources, destination: last?.value ?? '' };
}
