import type { App } from '../app/app.ts';
import { type CommonFlags, commonOptions } from './common-options.ts';

/** Runs a command with an app of its own; what it needs is loaded only now, so that `--help` costs nothing. */
export async function withApp<T>(flags: CommonFlags, work: (app: App) => Promise<T>): Promise<T> {
  const { openApp } = await import('../app/app.ts');
  await using app = openApp(commonOptions(flags));
  return await work(app);
}
