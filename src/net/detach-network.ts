import type { Emitter } from '../base/events.ts';
import type { NetworkProvider } from './provider.ts';

/**
 * Detaches a VM that has ended. What a plugin can't undo must not spoil what the VM has done: it is told, its record
 * stays, and `firekiln purge` tries again.
 */
export async function detachNetwork(provider: NetworkProvider, vmId: string, emitter: Emitter): Promise<void> {
  try {
    await provider.detach(vmId);
  } catch (error) {
    const words = error instanceof Error ? error.message : String(error);
    emitter.message(
      'warn',
      `not all of the network of ${vmId} could be undone: ${words}`,
      '`firekiln purge` tries again.',
    );
  }
}
