import type { Command } from 'commander';
import { parseByteSize } from '../../base/byte-size.ts';
import { FirekilnError } from '../../base/errors/firekiln-error.ts';
import { formatBytes } from '../../report/format.ts';
import { printLine } from '../../report/output.ts';
import type { GcItem, GcPolicy } from '../../store/gc-policy.ts';
import { addCommonOptions, type CommonFlags, collect } from '../common-options.ts';
import { tableLines } from '../table.ts';
import { withApp } from '../with-app.ts';

interface PurgeFlags extends CommonFlags {
  readonly filter: readonly string[];
  readonly keepStorage?: string;
  readonly dryRun?: boolean;
  readonly all?: boolean;
  readonly json?: boolean;
}

export function addPurgeCommand(program: Command): void {
  const command = program
    .command('purge')
    .description('remove what killed processes left, what nothing refers to, and what the flags ask for')
    .option('--filter <filter>', 'until=, type=, label=, label!= or dangling= (repeatable)', collect, [])
    .option('--keep-storage <size>', 'also the least recently used, until the store takes no more than this')
    .option('-a, --all', 'also all images, the build cache, cache mounts and segments that nothing uses now')
    .option('--dry-run', 'only say what would go')
    .option('-f, --force', 'accepted: nothing is asked')
    .option('--json', 'as JSON');
  addCommonOptions(command);
  command.action(async (flags: PurgeFlags) => {
    await withApp(flags, async (app) => {
      const { openStore } = await import('../../store/open-store.ts');
      const policy = await policyOf(flags, app.signal);
      if (policy.dryRun !== true) {
        const { reclaimLeftovers } = await import('../../app/reclaim.ts');
        await reclaimLeftovers(app);
      }
      // Opened for this: it may have to work on a full disk.
      await using store = await openStore({
        dataDir: app.dataDir,
        emitter: app.emitter,
        purpose: 'firekiln purge',
        mayUseReserve: flags.dryRun !== true,
        signal: app.signal,
      });
      const report = await store.gc(policy);
      if (flags.json === true) {
        printLine(JSON.stringify(report, null, 2));
        return;
      }
      for (const line of tableLines(report.removed.map(rowOf))) printLine(line);
      const verb = flags.dryRun === true ? 'Would free' : 'Freed';
      printLine(`${verb} ${formatBytes(report.freedBytes)}, ${formatBytes(report.keptBytes)} remain`);
    });
  });
}

async function policyOf(flags: PurgeFlags, signal: AbortSignal): Promise<GcPolicy> {
  const { parseGcFilters } = await import('../../store/gc-filters.ts');
  const { defaultGcTypes } = await import('../../store/gc-policy.ts');
  const filters = parseGcFilters(flags.filter, Date.now());
  const keepBytes = flags.keepStorage === undefined ? undefined : parseByteSize(flags.keepStorage);
  if (flags.keepStorage !== undefined && keepBytes === undefined) {
    throw new FirekilnError('USAGE', `--keep-storage: ${flags.keepStorage} is no size such as 10gb`);
  }
  const types = flags.all === true && filters.types === undefined ? ['image', ...defaultGcTypes] : filters.types;
  return {
    ...filters,
    ...(types === undefined ? {} : { types }),
    ...(keepBytes === undefined ? {} : { keepBytes }),
    dryRun: flags.dryRun === true,
    signal,
  };
}

function rowOf({ type, key, label, bytes, reason }: GcItem): readonly string[] {
  const what = key.startsWith('sha256:') ? key.slice(7, 19) : key;
  return [type, what, formatBytes(bytes), reason, label === key ? '' : label.slice(0, 60)];
}
