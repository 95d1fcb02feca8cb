import { FirekilnError, isFirekilnError } from '../base/errors/firekiln-error.ts';
import type { Appliance } from '../guest/guest.ts';
import { assembleAppliance } from '../setup/appliance/assemble-appliance.ts';
import { findTools, setUpTools } from '../setup/appliance/set-up-tools.ts';
import { findKernel, setUpDebianKernel } from '../setup/kernel/set-up-kernel.ts';
import { withSetupContext } from '../setup/setup-context.ts';
import type { App } from './app.ts';

/**
 * Kernel and appliance of this data dir. Set up on the fly if they are not there, which needs no root but the network;
 * throws APPLIANCE_MISSING if that fails.
 */
export async function openAppliance(app: App): Promise<Appliance> {
  return await app.part('appliance', async () => {
    const store = await app.store();
    const { signal } = app;
    const found = { kernel: await findKernel(store), tools: await findTools(store) };
    if (found.kernel !== undefined && found.tools !== undefined) {
      return await assembleAppliance(store, { kernel: found.kernel, tools: found.tools }, signal);
    }
    const emitter = app.emitter.with({ module: 'setup' });
    emitter.message('info', 'setting up kernel and appliance, which happens once');
    try {
      return await withSetupContext({ store, emitter, signal }, async (context) => {
        const kernel = (await findKernel(store)) ?? (await setUpDebianKernel(context));
        const tools = (await findTools(store)) ?? (await setUpTools(context));
        return await assembleAppliance(store, { kernel, tools }, signal);
      });
    } catch (error) {
      if (!isFirekilnError(error) || error.code === 'ABORTED') throw error;
      throw new FirekilnError('APPLIANCE_MISSING', `kernel and appliance could not be set up: ${error.message}`, {
        details: error.details,
        hint: error.hint ?? 'Run `firekiln setup`.',
        cause: error,
      });
    }
  });
}
