import type { Digest } from '../base/digest.ts';
import { FirekilnError, isFirekilnError } from '../base/errors/firekiln-error.ts';
import { findTools, setUpTools } from '../setup/appliance/set-up-tools.ts';
import { missingPrograms } from '../setup/host/host-programs.ts';
import { installCommand, installPackages } from '../setup/host/install-packages.ts';
import { chooseKernel, findKernel, setUpDebianKernel, setUpOwnKernel } from '../setup/kernel/set-up-kernel.ts';
import { runStep } from '../setup/run-step.ts';
import { type SetupContext, withSetupContext } from '../setup/setup-context.ts';
import type { SetupPart, SetupResult } from '../setup/setup-report.ts';
import type { App } from './app.ts';
import { openAppliance } from './appliance.ts';
import { checkGuest } from './doctor.ts';
import { qemuAcceleration } from './machines.ts';

export interface SetupOptions {
  readonly parts: readonly SetupPart[];
  /** A kernel of the user's own instead of Debian's. */
  readonly kernel?: string | undefined;
  /** Its `lib/modules/<release>`. */
  readonly modules?: string | undefined;
  /** Fetch newer packages although there are some, and find out again how fast the clock is. */
  readonly upgrade?: boolean | undefined;
}

/**
 * Brings this host to where it can build and run. Safe twice, and at once. A part that fails keeps none of the others
 * from being done; only an abort throws.
 */
export async function setUp(app: App, options: SetupOptions): Promise<SetupResult[]> {
  const emitter = app.emitter.with({ module: 'setup' });
  const store = await app.store();
  const { signal } = app;
  const before = await findKernel(store).catch(() => undefined);
  const results = await withSetupContext({ store, emitter, signal }, async (context) => {
    const done: SetupResult[] = [];
    for (const part of options.parts) {
      if (part !== 'clock') done.push(await attempt(part, async () => await works[part](context, options)));
    }
    return done;
  });
  const kernel = results.findIndex(({ part, state }) => part === 'kernel' && state === 'done');
  if (options.kernel !== undefined && kernel >= 0) {
    results[kernel] = await attempt('kernel', async () => await tryKernel(app, before?.key));
  }
  // Outside of the lock, which opening the appliance may want itself.
  if (options.parts.includes('clock')) results.push(await attempt('clock', async () => await setUpClock(app, options)));
  return results;
}

/** A kernel of the user's own must boot; if it does not, what was used before is used again. */
async function tryKernel(app: App, before: Digest | undefined): Promise<SetupResult> {
  const store = await app.store();
  const appliance = await openAppliance(app);
  const [boot] = await checkGuest(app, appliance);
  if (boot?.state === 'works')
    return { part: 'kernel', state: 'done', text: `Linux ${appliance.release}; ${boot.text}` };
  await chooseKernel(store, before);
  throw new FirekilnError('KERNEL_UNFIT', `the kernel was tried and is not used: ${boot?.text}`, {
    hint: boot?.wayOut,
  });
}

async function attempt(part: SetupPart, work: () => Promise<SetupResult>): Promise<SetupResult> {
  try {
    return await work();
  } catch (error) {
    if (!isFirekilnError(error) || error.code === 'ABORTED') throw error;
    const hint = error.hint === undefined ? '' : ` ${error.hint}`;
    return { part, state: 'failed', text: `${error.message}.${hint}` };
  }
}

const works = {
  packages: async (context: SetupContext): Promise<SetupResult> => {
    const part = 'packages';
    const missing = await missingPrograms();
    if (missing.length === 0) return { part, state: 'unchanged', text: 'everything is installed' };
    const packages = [...new Set(missing.map((program) => program.package))];
    if (process.getuid?.() !== 0) {
      const text = `not installed: ${missing.map(({ name, onlyFor }) => (onlyFor ? `${name} (for ${onlyFor})` : name)).join(', ')}`;
      return { part, state: 'needs-root', text, command: installCommand(packages) };
    }
    await runStep(context, part, `installing ${packages.join(', ')}`, async () => {
      await installPackages(packages, context, part);
    });
    const still = await missingPrograms();
    if (still.length === 0) return { part, state: 'done', text: `installed ${packages.join(', ')}` };
    throw new FirekilnError(
      'PROGRAM_MISSING',
      `the packages are installed, and ${still.map(({ name }) => name).join(', ')} is still not found on PATH`,
    );
  },

  kernel: async (context: SetupContext, options: SetupOptions): Promise<SetupResult> => {
    const part = 'kernel';
    const before = await findKernel(context.store).catch(() => undefined);
    const describe = ({ release, origin }: { release: string; origin: string }) => `Linux ${release} (${origin})`;
    if (before !== undefined && options.kernel === undefined && options.upgrade !== true) {
      return { part, state: 'unchanged', text: describe(before) };
    }
    const { kernel, modules } = options;
    const after =
      kernel === undefined ? await setUpDebianKernel(context) : await setUpOwnKernel(context, { kernel, modules });
    return { part, state: after.key === before?.key ? 'unchanged' : 'done', text: describe(after) };
  },

  appliance: async (context: SetupContext, options: SetupOptions): Promise<SetupResult> => {
    const part = 'appliance';
    const before = await findTools(context.store);
    if (before !== undefined && options.upgrade !== true)
      return { part, state: 'unchanged', text: 'programs are there' };
    const after = await setUpTools(context);
    const isSame = after.key === before?.key;
    return { part, state: isSame ? 'unchanged' : 'done', text: isSame ? 'programs are current' : 'programs kept' };
  },
};

async function setUpClock(app: App, options: SetupOptions): Promise<SetupResult> {
  const part = 'clock';
  const appliance = await openAppliance(app);
  const context = { emitter: app.emitter.with({ module: 'setup' }) };
  const { acceleration, whyEmulated } = await runStep(
    context,
    part,
    'finding out how virtual machines run',
    async () => {
      return await qemuAcceleration(app, appliance, { fresh: options.upgrade === true });
    },
  );
  if (acceleration.kind === 'kvm') return { part, state: 'done', text: 'KVM works' };
  const rate = ((acceleration.tscKhz ?? 0) / 1000).toFixed(3);
  return {
    part,
    state: 'done',
    text: `emulation with a clock of ${rate} MHz, because KVM does not work: ${whyEmulated}`,
  };
}
