import { type Command, Option } from 'commander';
import { FirekilnError } from '../../base/errors/firekiln-error.ts';
import { printLine } from '../../report/output.ts';
import { type SetupPart, type SetupResult, setupParts } from '../../setup/setup-report.ts';
import { addCommonOptions, type CommonFlags, commonOptions, oneOf } from '../common-options.ts';
import { addSetupFirecrackerCommand } from './setup-firecracker.ts';
import { addSetupNetworkCommand } from './setup-network.ts';

interface SetupFlags extends CommonFlags {
  readonly from?: string;
  readonly modules?: string;
  readonly upgrade?: boolean;
  readonly json?: boolean;
}

export function addSetupCommand(program: Command): void {
  const command = program
    .command('setup')
    .description('bring this host to where it can build and run')
    .argument('[part]', `${setupParts.join(', ')}; all of them by default`)
    .option('--from <path>', 'part kernel: a kernel (vmlinuz or vmlinux) instead of the one of Debian')
    .option('--modules <folder>', "part kernel: its folder lib/modules/<release>, with depmod's files")
    .option('--upgrade', 'fetch newer packages, and measure again')
    .addOption(new Option('--progress <mode>', 'auto, tty, plain, json or quiet'))
    .option('--json', 'print the result as JSON');
  addCommonOptions(command);
  addSetupNetworkCommand(command);
  addSetupFirecrackerCommand(command);
  command.action(async (part: string | undefined, flags: SetupFlags) => {
    const parts: readonly SetupPart[] = part === undefined ? setupParts : [oneOf('PART', setupParts, part)];
    if (flags.from === undefined && flags.modules !== undefined) {
      throw new FirekilnError('USAGE', '--modules belongs to --from');
    }
    if (flags.from !== undefined && !parts.includes('kernel')) {
      throw new FirekilnError('USAGE', `--from belongs to the part kernel, not to ${part}`);
    }
    const { openApp } = await import('../../app/app.ts');
    const { setUp } = await import('../../app/setup.ts');
    await using app = openApp(commonOptions(flags));
    const results = await setUp(app, { parts, kernel: flags.from, modules: flags.modules, upgrade: flags.upgrade });
    app.reporter.close();
    if (flags.json) printLine(JSON.stringify({ dataDir: app.dataDir, parts: results }));
    else for (const line of results.flatMap(describe)) printLine(line);
    if (results.some(({ state }) => state === 'failed' || state === 'needs-root')) process.exitCode = 1;
  });
}

const words = { done: 'done', unchanged: 'already there', 'needs-root': 'needs root', failed: 'failed' } as const;

function describe({ part, state, text, command }: SetupResult): string[] {
  const line = `${part.padEnd(10)} ${words[state]}: ${text}`;
  return command === undefined ? [line] : [line, `           run: ${command}`];
}
