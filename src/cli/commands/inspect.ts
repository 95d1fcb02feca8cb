import { type Command, Option } from 'commander';
import type { App } from '../../app/app.ts';
import { FirekilnError, isFirekilnError } from '../../base/errors/firekiln-error.ts';
import { printLine } from '../../report/output.ts';
import type { RuntimeEnvironment } from '../../runtime/environment.ts';
import { addCommonOptions, type CommonFlags } from '../common-options.ts';
import { withRuntime } from '../with-runtime.ts';

interface InspectFlags extends CommonFlags {
  readonly type?: 'image' | 'vm';
}

export function addInspectCommand(program: Command): void {
  const command = program
    .command('inspect')
    .description('show everything that is known of VMs and images, as a JSON array')
    .argument('<name...>', 'names or ids; a VM goes before an image of the same name')
    .option('--json', 'accepted: the output is always JSON')
    .addOption(new Option('--type <type>', 'look only for one kind').choices(['image', 'vm']));
  addCommonOptions(command);
  command.action(async (names: readonly string[], flags: InspectFlags) => {
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
