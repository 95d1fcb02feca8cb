import { isFirekilnError } from '../base/errors/firekiln-error.ts';
import type { BootOptions } from './guest.ts';

const emulatedTries = 3;
/** Most guests are up within seconds; one that hangs is not to cost the whole deadline of a busy host. */
const firstTryMs = 45_000;

/**
 * Boots again when an emulated guest did not come up: about one in eighty hangs for good on a busy host, because its
 * kernel measured a clock wrong while the host made it wait. `boot` is to make everything anew.
 */
export async function withBootRetries<T>(
  options: Pick<BootOptions, 'driver' | 'emitter' | 'signal'>,
  boot: (bootTimeoutMs: number | undefined) => Promise<T>,
): Promise<T> {
  const { driver, emitter, signal } = options;
  const tries = driver.capabilities.accelerated ? 1 : emulatedTries;
  for (let attempt = 1; ; attempt++) {
    try {
      return await boot(tries > 1 && attempt === 1 ? firstTryMs : undefined);
    } catch (error) {
      const isHang = isFirekilnError(error, 'GUEST_BOOT_FAILED') && signal?.aborted !== true;
      if (!isHang || attempt === tries) throw error;
      emitter.message('info', `${error.message}; trying again`);
    }
  }
}
