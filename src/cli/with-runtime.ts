import type { App } from '../app/app.ts';
import { FirekilnError } from '../base/errors/firekiln-error.ts';
import type { RuntimeEnvironment } from '../runtime/environment.ts';
import { type CommonFlags, commonOptions } from './common-options.ts';

/** Runs a command that works with VMs; its own failures end with status 125 if `status` says so. */
export async function withRuntime<T>(
  flags: CommonFlags,
  work: (runtime: RuntimeEnvironment, app: App) => Promise<T>,
  { status }: { readonly status?: 125 } = {},
): Promise<T> {
  try {
    const { openApp } = await import('../app/app.ts');
    await using app = openApp(commonOptions(flags));
    const { openRuntime } = await import('../app/runtime.ts');
    return await work(await openRuntime(app, { config: flags.config }), app);
  } catch (error) {
    if (status === undefined || !(error instanceof FirekilnError) || error.exitCode !== undefined) throw error;
    const { code, message, hint, cause, source, details } = error;
    throw new FirekilnError(code, message, { hint, cause, source, details, exitCode: status });
  }
}
