import { type Command, Option } from 'commander';
import { loadFrontend } from '../load-frontend.ts';

export function addDockerfileCommand(program: Command): void {
  const dockerfile = program.command('dockerfile').description('look into Dockerfiles');
  dockerfile
    .command('parse')
    .description("print a Dockerfile as the tree that BuildKit's parser makes of it")
    .argument('<file>', 'path of the Dockerfile, or - for standard input')
    .addOption(new Option('--format <format>', 'tree, or JSON with places').choices(['tree', 'json']).default('tree'))
    .action(async (file: string, options: { format: 'tree' | 'json' }) => {
      await loadFrontend();
      const { showParsed } = await import('./dockerfile-parse.ts');
      await showParsed(file, options.format);
    });
}
