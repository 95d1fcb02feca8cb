import { setTimeout as sleep } from 'node:timers/promises';
import type { RuntimeEnvironment } from './environment.ts';
import { LogCursor } from './log/log-cursor.ts';
import type { LogRecord } from './log/log-format.ts';
import { tailLines } from './log/tail-lines.ts';
import { VmRegistry } from './record/vm-registry.ts';

/** How often a log that is followed is looked at. */
const followEveryMs = 100;

/** What the entrypoint wrote, or with `boot` what the console showed; with `follow` until the VM ends. */
export async function* vmLogs(
  env: RuntimeEnvironment,
  options: {
    readonly vm: string;
    readonly follow: boolean;
    readonly boot: boolean;
    /** Lines; all by default. */
    readonly tail?: number | undefined;
    readonly signal?: AbortSignal | undefined;
  },
): AsyncGenerator<LogRecord, void> {
  const { follow, boot, tail, signal } = options;
  const registry = new VmRegistry(env.dataDir);
  const vm = await registry.find(options.vm);
  const cursor = new LogCursor(boot ? vm.folder.bootLog : vm.folder.log);
  if (tail === undefined) yield* rest(cursor);
  else {
    const all: LogRecord[] = [];
    for await (const record of rest(cursor)) all.push(record);
    yield* tailLines(all, tail);
  }
  if (!follow) return;
  for (;;) {
    // Looked at before the log: what comes between the two is read in the next round.
    const { alive, state } = await registry.find(vm.record.id).catch(() => ({ alive: false, state: vm.state }));
    yield* rest(cursor);
    if (!alive || state.status === 'exited' || signal?.aborted) return;
    await sleep(followEveryMs);
  }
}

async function* rest(cursor: LogCursor): AsyncGenerator<LogRecord, void> {
  for (;;) {
    const records = await cursor.next();
    if (records.length === 0) return;
    yield* records;
  }
}
