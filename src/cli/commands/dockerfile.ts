import { type Command, Option } from 'commander';
import { readTextStream } from '../../base/read-text.ts';
import { maxDockerfileBytes } from '../../frontend/limits.ts';
import { readLocalDockerfile } from '../../frontend/source/read-local-dockerfile.ts';
import { dumpTree } from '../../frontend/syntax/dump-tree.ts';
import { parseDockerfile } from '../../frontend/syntax/parse-dockerfile.ts';
import type { SourceText } from '../../frontend/syntax/tree.ts';
import { printLine } from '../../report/output.ts';

export function addDockerfileCommand(program: Command): void {
  const dockerfile = program.command('dockerfile').description('look into Dockerfiles');
  dockerfile
    .command('parse')
    .description("print a Dockerfile as the tree that BuildKit's parser makes of it")
    .argument('<file>', 'path of the Dockerfile, or - for standard input')
    .addOption(new Option('--format <format>', 'tree, or JSON with places').choices(['tree', 'json']).default('tree'))
    .action(async (file: string, options: { format: 'tree' | 'json' }) => {
      const tree = parseDockerfile(await read(file));
      const { source: _, ...rest } = tree;
      printLine(options.format === 'tree' ? dumpTree(tree) : JSON.stringify({ file, ...rest }, null, 2));
    });
}

async function read(file: string): Promise<SourceText> {
  if (file !== '-') return await readLocalDockerfile(file, { cwd: process.cwd() });
  return { file, text: await readTextStream(process.stdin, { shown: 'standard input', maxBytes: maxDockerfileBytes }) };
}
