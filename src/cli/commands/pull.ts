import type { Command } from 'commander';
import { printLine } from '../../report/output.ts';
import { addCommonOptions, type CommonFlags } from '../common-options.ts';
import { forEach } from '../for-each.ts';
import { withApp } from '../with-app.ts';

interface PullFlags extends CommonFlags {
  readonly platform?: string;
  readonly quiet?: boolean;
}

export function addPullCommand(program: Command): void {
  const command = program
    .command('pull')
    .description('fetch images from registries')
    .argument('<image...>', 'names, such as debian:bookworm')
    .option('--platform <platform>', 'such as linux/amd64; that of this machine by default')
    .option('-q, --quiet', 'show no progress')
    .option('--progress <mode>', 'auto, tty, plain, json or quiet');
  addCommonOptions(command);
  command.action(async (names: readonly string[], flags: PullFlags) => {
    await withApp(flags.quiet === true ? { ...flags, progress: 'quiet' } : flags, async (app) => {
      const { hostPlatform, parsePlatform } = await import('../../formats/oci/platform.ts');
      const { pullImage } = await import('../../app/pull-image.ts');
      const platform = flags.platform === undefined ? hostPlatform() : parsePlatform(flags.platform);
      await forEach(names, async (name) => printLine((await pullImage(app, name, platform)).name));
    });
  });
}
