import { FirekilnError } from '../base/errors/firekiln-error.ts';
import { createEmitter, type Emitter, type LogLevel } from '../base/events.ts';
import { createReporter, type ProgressMode, type Reporter } from '../report/reporter.ts';
import { chooseDataDir } from './data-dir.ts';

/** What every command line can say. */
export interface AppOptions {
  readonly dataDir?: string | undefined;
  readonly config?: string | undefined;
  readonly logLevel?: LogLevel | undefined;
  readonly logAsJson?: boolean | undefined;
  readonly progress?: ProgressMode | undefined;
}

/**
 * One run of Firekiln: the place where concrete adapters are chosen and wired. Parts are made when they are first
 * asked for, so that a small command starts fast.
 */
export interface App extends AsyncDisposable {
  readonly dataDir: string;
  readonly reporter: Reporter;
  readonly emitter: Emitter;
  /** Aborted by SIGINT and SIGTERM; the second signal ends the process at once. */
  readonly signal: AbortSignal;
}

export function openApp(options: AppOptions): App {
  const reporter = createReporter({
    mode: options.logAsJson === true ? 'json' : (options.progress ?? 'auto'),
    level: options.logLevel ?? 'info',
  });
  const interruption = watchSignals();
  return {
    dataDir: chooseDataDir({ flag: options.dataDir, env: process.env, isRoot: process.getuid?.() === 0 }),
    reporter,
    emitter: createEmitter(reporter.sink, { module: 'app' }),
    signal: interruption.signal,
    [Symbol.asyncDispose]: async () => {
      interruption.end();
      reporter.close();
    },
  };
}

function watchSignals(): { readonly signal: AbortSignal; end(): void } {
  const controller = new AbortController();
  const names = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  const numbers = { SIGHUP: 1, SIGINT: 2, SIGTERM: 15 };
  const onSignal = (name: (typeof names)[number]) => {
    const exitCode = 128 + numbers[name];
    if (controller.signal.aborted) process.exit(exitCode);
    process.exitCode = exitCode;
    controller.abort(new FirekilnError('ABORTED', `stopped by ${name}`, { exitCode }));
  };
  for (const name of names) process.on(name, onSignal);
  return {
    signal: controller.signal,
    end: () => {
      for (const name of names) process.off(name, onSignal);
    },
  };
}
