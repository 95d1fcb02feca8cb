import type { Command } from 'commander';
import { addCommonOptions, type CommonFlags } from '../common-options.ts';
import { withApp } from '../with-app.ts';

export function addTagCommand(program: Command): void {
  const command = program
    .command('tag')
    .description('give an image another name')
    .argument('<image>', 'name or id')
    .argument('<name>', 'the new name; an image that had it loses it');
  addCommonOptions(command);
  command.action(async (image: string, name: string, flags: CommonFlags) => {
    await withApp(flags, async (app) => {
      const { tagImage } = await import('../../images/tag-image.ts');
      await tagImage(await app.store(), image, name);
    });
  });
}
