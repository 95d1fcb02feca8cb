import type { Command } from 'commander';
import { printLine } from '../../report/output.ts';
import { addCommonOptions, type CommonFlags, collect } from '../common-options.ts';
import { forEach } from '../for-each.ts';
import { withApp } from '../with-app.ts';

export interface BaseBuildFlags extends CommonFlags {
  readonly mirror?: string;
  readonly baseRoot?: string;
  readonly tag: readonly string[];
  readonly sshAuthorizedKey?: string;
  readonly buildArg: readonly string[];
  readonly size?: string;
  readonly cache: boolean;
  readonly pull?: boolean;
  readonly cpus?: string;
  readonly memory?: string;
  readonly driver?: string;
  readonly requireKvm?: boolean;
}

interface ListFlags extends CommonFlags {
  readonly baseRoot?: string;
  readonly json?: boolean;
}

interface RemoveFlags extends CommonFlags {
  readonly baseRoot?: string;
}

const baseRootFlag = ['--base-root <folder>', 'the base store; `bases` in the data dir by default'] as const;

export function addBaseCommand(program: Command): void {
  const base = program
    .command('base')
    .description('base images made from packages, and base OS root file systems made from recipes');
  addBuild(base);
  addList(base);
  addRemove(base);
}

function addBuild(base: Command): void {
  const command = base
    .command('build')
    .description('make a minimal Debian or Ubuntu as an image for FROM, or a base OS that boots by itself')
    .argument('<base>', 'a name such as debian:bookworm, or the folder of a recipe such as baseos/_/debian/bookworm')
    .option('--mirror <url>', "archive to take packages from; those of the host's apt by default")
    .option(...baseRootFlag)
    .option('-t, --tag <name>', 'of a recipe: keep the image under this name too (repeatable)', collect, [])
    .option('--ssh-authorized-key <file>', 'of a recipe: public keys with which its user may log in')
    .option('--build-arg <name=value>', 'of a recipe: value of an ARG (repeatable)', collect, [])
    .option(
      '--size <size>',
      'of a recipe: size of the root file system, whose free part takes no room; 2GiB by default',
    )
    .option('--no-cache', 'do every step of the recipe again')
    .option('--pull', 'ask the registry for a newer image that the recipe starts from')
    .option('--cpus <count>', 'virtual CPUs of each VM that runs steps')
    .option('--memory <size>', 'memory of each VM that runs steps')
    .option('--driver <driver>', 'auto, qemu or firecracker')
    .option('--require-kvm', 'refuse to emulate where hardware virtualisation does not work')
    .option('--progress <mode>', 'auto, tty, plain, json or quiet');
  addCommonOptions(command);
  command.action(async (name: string, flags: BaseBuildFlags) => {
    await withApp(flags, async (app) => {
      const { runBaseBuild } = await import('./base-build-run.ts');
      for (const line of await runBaseBuild(app, name, flags)) printLine(line);
    });
  });
}

function addList(base: Command): void {
  const command = base
    .command('ls')
    .description('list the bases: images made from packages, and the root file systems of the base store')
    .option(...baseRootFlag)
    .option('--json', 'as a JSON array');
  addCommonOptions(command);
  command.action(async (flags: ListFlags) => {
    await withApp(flags, async (app) => {
      const { listBases } = await import('../../images/bases/list-bases.ts');
      const { defaultBaseRoot, listBaseStore } = await import('../../images/bases/base-store.ts');
      const { describeImage } = await import('../../images/describe-image.ts');
      const { baseStoreTable, imageTable } = await import('../image-table.ts');
      const images = (await listBases(await app.store())).map(describeImage);
      const stored = await listBaseStore(flags.baseRoot ?? defaultBaseRoot(app.dataDir));
      if (flags.json === true) {
        printLine(JSON.stringify([...images, ...stored], null, 2));
        return;
      }
      for (const line of imageTable(images, { short: true })) printLine(line);
      if (stored.length === 0) return;
      printLine('');
      for (const line of baseStoreTable(stored)) printLine(line);
    });
  });
}

function addRemove(base: Command): void {
  const command = base
    .command('rm')
    .description('remove bases: images with all their names, root file systems of the base store as _/debian/bookworm')
    .argument('<name...>')
    .option(...baseRootFlag);
  addCommonOptions(command);
  command.action(async (names: readonly string[], flags: RemoveFlags) => {
    await withApp(flags, async (app) => {
      const { removeBase } = await import('../../images/bases/list-bases.ts');
      const { defaultBaseRoot, isStoredBaseName, removeStoredBase } = await import('../../images/bases/base-store.ts');
      const root = flags.baseRoot ?? defaultBaseRoot(app.dataDir);
      const store = await app.store();
      await forEach(names, async (name) => {
        const removed = isStoredBaseName(name) ? await removeStoredBase(root, name) : await removeBase(store, name);
        printLine(`Deleted: ${removed}`);
      });
      await store.gc({ signal: app.signal });
    });
  });
}
