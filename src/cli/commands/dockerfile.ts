import { type Command, Option } from 'commander';
import { readLocalDockerfile } from '../../frontend/source/read-local-dockerfile.ts';
import { dumpTree } from '../../frontend/syntax/dump-tree.ts';
import { parseDockerfile } from '../../frontend/syntax/parse-dockerfile.ts';
import { printLine } from '../../report/output.ts';

export function addDockerfileCommand(program: Command): void {
  const dockerfile = program.command('dockerfile').description('look into Dockerfiles');
  dockerfile
    .command('parse')
    .description("print a Dockerfile as the tree that BuildKit's parser makes of it")
    .argument('<file>', 'path of the Dockerfile, or - for standard input')
    .addOption(new Option('--format <format>', 'tree, or JSON with places').choices(['tree', 'json']).default('tree'))
    .action(async (file: string, options: { format: 'tree' | 'json' }) => {
      const tree = parseDockerfile(await readLocalDockerfile(file));
      const { source: _, ...rest } = tree;
      printLine(options.format === 'tree' ? dumpTree(tree) : JSON.stringify({ file, ...rest }, null, 2));
    });
}
