import { FirekilnError } from '../base/errors/firekiln-error.ts';
import { createEmitter, type Emitter, type LogLevel } from '../base/events.ts';
import { createReporter, type ProgressMode, type Reporter } from '../report/reporter.ts';
import type { Store } from '../store/store.ts';
import type { Config } from './config/config-schema.ts';
import { chooseDataDir } from './data-dir.ts';

/** What every command line can say. */
export interface AppOptions {
  readonly dataDir?: string | undefined;
  readonly config?: string | undefined;
  readonly logLevel?: LogLevel | undefined;
  readonly logAsJson?: boolean | undefined;
  readonly progress?: ProgressMode | undefined;
}

type Signal = 'SIGINT' | 'SIGTERM' | 'SIGHUP';

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
  /** From now on signals go to `handler` and abort nothing; the returned function ends that. */
  takeSignals(handler: (name: Signal) => void): () => void;
  config(): Promise<Config>;
  store(): Promise<Store>;
  /** Makes a part of the app when it is first asked for; parts that can be disposed are, last made first. */
  part<T>(name: string, make: () => Promise<T>): Promise<T>;
}

export function openApp(options: AppOptions): App {
  const reporter = createReporter({
    mode: options.logAsJson === true ? 'json' : (options.progress ?? 'auto'),
    level: options.logLevel ?? 'info',
  });
  const interruption = watchSignals();
  const emitter = createEmitter(reporter.sink, { module: 'app' });
  const dataDir = chooseDataDir({ flag: options.dataDir, env: process.env, isRoot: process.getuid?.() === 0 });
  const parts = new Map<string, Promise<unknown>>();
  const part = <T>(name: string, make: () => Promise<T>): Promise<T> => {
    const known = parts.get(name) as Promise<T> | undefined;
    if (known !== undefined) return known;
    const made = make();
    parts.set(name, made);
    made.catch(() => parts.delete(name));
    return made;
  };
  return {
    dataDir,
    reporter,
    emitter,
    signal: interruption.signal,
    takeSignals: (handler) => interruption.take(handler),
    part,
    config: async () =>
      await part('config', async () => {
        const { loadConfig } = await import('./config/load-config.ts');
        return await loadConfig({ file: options.config, env: process.env });
      }),
    store: async () =>
      await part('store', async () => {
        const { openStore } = await import('../store/open-store.ts');
        return await openStore({ dataDir, emitter });
      }),
    [Symbol.asyncDispose]: async () => {
      await using last = new AsyncDisposableStack();
      last.defer(() => {
        interruption.end();
        reporter.close();
      });
      for (const made of parts.values()) {
        const value = await made.catch(() => undefined);
        if (isDisposable(value)) last.use(value);
      }
    },
  };
}

function isDisposable(value: unknown): value is AsyncDisposable {
  return typeof value === 'object' && value !== null && Symbol.asyncDispose in value;
}

function watchSignals(): {
  readonly signal: AbortSignal;
  take(handler: (name: Signal) => void): () => void;
  end(): void;
} {
  const controller = new AbortController();
  let taker: ((name: Signal) => void) | undefined;
  const names: readonly Signal[] = ['SIGINT', 'SIGTERM', 'SIGHUP'];
  const numbers = { SIGHUP: 1, SIGINT: 2, SIGTERM: 15 };
  const onSignal = (name: Signal) => {
    if (taker !== undefined) {
      taker(name);
      return;
    }
    const exitCode = 128 + numbers[name];
    if (controller.signal.aborted) process.exit(exitCode);
    process.exitCode = exitCode;
    controller.abort(new FirekilnError('ABORTED', `stopped by ${name}`, { exitCode }));
  };
  for (const name of names) process.on(name, onSignal);
  return {
    signal: controller.signal,
    take: (handler) => {
      taker = handler;
      return () => {
        if (taker === handler) taker = undefined;
      };
    },
    end: () => {
      for (const name of names) process.off(name, onSignal);
    },
  };
}
