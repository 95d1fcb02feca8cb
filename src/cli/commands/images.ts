import type { Command } from 'commander';
import { printLine } from '../../report/output.ts';
import { addCommonOptions, type CommonFlags, collect } from '../common-options.ts';
import { withApp } from '../with-app.ts';

interface ImagesFlags extends CommonFlags {
  readonly quiet?: boolean;
  readonly json?: boolean;
  readonly trunc: boolean;
  readonly filter: readonly string[];
}

export function addImagesCommand(program: Command): void {
  const command = program
    .command('images')
    .description('list the images of the image store')
    .argument('[name]', 'only those with this name, such as debian or org/*')
    .option('-a, --all', 'accepted as of docker: there are no hidden images')
    .option('-q, --quiet', 'only their ids')
    .option('--no-trunc', 'whole ids')
    .option('--json', 'as a JSON array')
    .option('-f, --filter <filter>', 'dangling=, label= or reference= (repeatable)', collect, []);
  addCommonOptions(command);
  command.action(async (name: string | undefined, flags: ImagesFlags) => {
    await withApp(flags, async (app) => {
      const { hasName, imageFilter } = await import('../../images/image-filter.ts');
      const { listImages } = await import('../../images/list-images.ts');
      const { describeImage } = await import('../../images/describe-image.ts');
      const { imageTable } = await import('../image-table.ts');
      const matches = imageFilter(flags.filter);
      const all = await listImages(await app.store(), (_name, error) => {
        app.emitter.message('warn', error.message, error.hint);
      });
      const shown = all.filter((image) => matches(image) && (name === undefined || hasName(image, name)));
      const images = shown.map(describeImage);
      if (flags.json === true) printLine(JSON.stringify(images, null, 2));
      else if (flags.quiet === true) for (const { id } of images) printLine(flags.trunc ? id.slice(7, 19) : id);
      else for (const line of imageTable(images, { short: flags.trunc })) printLine(line);
    });
  });
}
