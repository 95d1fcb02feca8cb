import { type Command, Option } from 'commander';
import type { App } from '../../app/app.ts';
import { FirekilnError, isFirekilnError } from '../../base/errors/firekiln-error.ts';
import { printLine } from '../../report/output.ts';
import type { RuntimeEnvironment } from '../../runtime/environment.ts';
import { addCommonOptions, type CommonFlags } from '../common-options.ts';
import { showCacheMounts } from '../show-cache-mounts.ts';
import { withApp } from '../with-app.ts';
import { withRuntime } from '../with-runtime.ts';

interface InspectFlags extends CommonFlags {
  readonly type?: 'image' | 'vm';
  readonly cacheMounts?: boolean;
  readonly json?: boolean;
}

export function addInspectCommand(program: Command): void {
  const command = program
    .command('inspect')
    .description('show everything that is known of VMs and images, as a JSON array, or the cache mounts')
    .argument('[name...]', 'names or ids; a VM goes before an image of the same name')
    .option(
      '--cache-mounts',
      'list what RUN --mount=type=cache keeps between builds (the names are then ids of mounts)',
    )
    .option('--json', 'as JSON; VMs and images are always shown so')
    .addOption(new Option('--type <type>', 'look only for one kind').choices(['image', 'vm']));
  addCommonOptions(command);
  command.action(async (names: readonly string[], flags: InspectFlags) => {
    if (flags.cacheMounts === true) {
      await withApp(flags, async (app) => await showCacheMounts(await app.store(), names, flags.json === true));
      return;
    }
    if (names.length === 0) {
      throw new FirekilnError('USAGE', 'inspect: name a VM or an image, or give --cache-mounts');
    }
    await withRuntime(flags, async (runtime, app) => {
      const found: object[] = [];
      for (const name of names) found.push(await inspectOne(runtime, app, name, flags.type));
      printLine(JSON.stringify(found, null, 2));
    });
  });
}

async function inspectOne(
  runtime: RuntimeEnvironment,
  app: App,
  name: string,
  type: InspectFlags['type'],
): Promise<object> {
  if (type !== 'image') {
    const { inspectVm } = await import('../../runtime/inspect-vm.ts');
    try {
      return { type: 'vm', ...(await inspectVm(runtime, { vm: name })) };
    } catch (error) {
      if (type === 'vm' || !isFirekilnError(error, 'VM_NOT_FOUND')) throw error;
    }
  }
  const { inspectImage } = await import('../../images/inspect-image.ts');
  const image = await inspectImage(await app.store(), name);
  if (image !== undefined) return { type: 'image', ...image };
  const what = type === 'image' ? 'no image' : 'no VM and no image';
  throw new FirekilnError('IMAGE_NOT_FOUND', `there is ${what} ${name}`, {
    hint: '`firekiln images` and `firekiln ps -a` list what there is.',
  });
}
