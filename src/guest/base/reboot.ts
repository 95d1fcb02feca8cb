import { abortError } from '../../base/abort.ts';
import type { Machine } from '../../vm/driver.ts';
import type { ShutDownOptions } from './base-vm.ts';

/** A machine ends by the guest's reset: power-off does not end every VMM. */
export const rebootCommand =
  'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin; systemctl reboot || reboot || shutdown -r now';

/** Throws ABORTED. */
export async function endsWithin(machine: Machine, { graceMs, signal }: ShutDownOptions): Promise<boolean> {
  const over = Promise.withResolvers<false>();
  const timer = setTimeout(() => over.resolve(false), graceMs);
  const onAbort = () => over.reject(abortError(signal, 'waiting for the base to shut down'));
  if (signal.aborted) onAbort();
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([machine.ended.then(() => true), over.promise]);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', onAbort);
  }
}
