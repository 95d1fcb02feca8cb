import type { Command } from 'commander';
import { printLine } from '../../report/output.ts';
import { addCommonOptions, type CommonFlags } from '../common-options.ts';
import { forEach } from '../for-each.ts';
import { packageVersion } from '../package-version.ts';
import { sourceDateEpoch } from '../source-date-epoch.ts';
import { withApp } from '../with-app.ts';

interface BuildFlags extends CommonFlags {
  readonly mirror?: string;
}

interface ListFlags extends CommonFlags {
  readonly json?: boolean;
}

export function addBaseCommand(program: Command): void {
  const base = program.command('base').description('base images made from the packages of a distribution');
  addBuild(base);
  addList(base);
  addRemove(base);
}

function addBuild(base: Command): void {
  const command = base
    .command('build')
    .description('make a minimal Debian or Ubuntu as an image that FROM finds')
    .argument('<name>', 'such as debian:bookworm, debian:12-slim or ubuntu:noble')
    .option('--mirror <url>', "archive to take packages from; those of the host's apt by default")
    .option('--progress <mode>', 'auto, tty, plain, json or quiet');
  addCommonOptions(command);
  command.action(async (name: string, flags: BuildFlags) => {
    await withApp(flags, async (app) => {
      const { buildBase } = await import('../../images/bases/build-base.ts');
      const image = await buildBase(await app.store(), name, {
        mirror: flags.mirror,
        sourceDateEpoch: sourceDateEpoch(process.env.SOURCE_DATE_EPOCH),
        version: packageVersion(),
        node: 'base',
        emitter: app.emitter,
        signal: app.signal,
      });
      printLine(image.id);
    });
  });
}

function addList(base: Command): void {
  const command = base.command('ls').description('list the bases').option('--json', 'as a JSON array');
  addCommonOptions(command);
  command.action(async (flags: ListFlags) => {
    await withApp(flags, async (app) => {
      const { listBases } = await import('../../images/bases/list-bases.ts');
      const { describeImage } = await import('../../images/describe-image.ts');
      const { imageTable } = await import('../image-table.ts');
      const bases = (await listBases(await app.store())).map(describeImage);
      if (flags.json === true) printLine(JSON.stringify(bases, null, 2));
      else for (const line of imageTable(bases, { short: true })) printLine(line);
    });
  });
}

function addRemove(base: Command): void {
  const command = base.command('rm').description('remove bases, with all their names').argument('<name...>');
  addCommonOptions(command);
  command.action(async (names: readonly string[], flags: CommonFlags) => {
    await withApp(flags, async (app) => {
      const { removeBase } = await import('../../images/bases/list-bases.ts');
      const store = await app.store();
      await forEach(names, async (name) => printLine(`Deleted: ${await removeBase(store, name)}`));
      await store.gc({ signal: app.signal });
    });
  });
}
