import type { Command } from 'commander';
import { isFirekilnError } from '../../base/errors/firekiln-error.ts';
import { printLine } from '../../report/output.ts';
import { addCommonOptions, type CommonFlags } from '../common-options.ts';
import { withApp } from '../with-app.ts';

interface RmiFlags extends CommonFlags {
  readonly force?: boolean;
}

export function addRmiCommand(program: Command): void {
  const command = program
    .command('rmi')
    .description('remove images, or names of images')
    .argument('<image...>', 'names or ids')
    .option('-f, --force', 'by an id, remove all names of the image; what is not there is no error');
  addCommonOptions(command);
  command.action(async (names: readonly string[], flags: RmiFlags) => {
    await withApp(flags, async (app) => {
      const { removeImage } = await import('../../images/remove-image.ts');
      const { shownName } = await import('../../images/shown-name.ts');
      const { forEach } = await import('../for-each.ts');
      const force = flags.force === true;
      const store = await app.store();
      try {
        await forEach(names, async (name) => {
          const removed = await removeImage(store, name, { force }).catch((error: unknown) => {
            if (force && isFirekilnError(error, 'IMAGE_NOT_FOUND')) return undefined;
            throw error;
          });
          const { untagged, deleted } = removed ?? { untagged: [], deleted: undefined };
          for (const one of untagged) printLine(`Untagged: ${shownName(one)}`);
          if (deleted !== undefined) printLine(`Deleted: ${deleted}`);
        });
      } finally {
        // As docker: the room is free at once. What others still need stays.
        await store.gc({ signal: app.signal });
      }
    });
  });
}
