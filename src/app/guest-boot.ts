import type { BootOptions, Guest } from '../guest/guest.ts';
import type { App } from './app.ts';

/** How long a guest may take to come up, where the configuration says it. */
export async function bootDeadlineMs(app: Pick<App, 'config'>): Promise<number | undefined> {
  const seconds = (await app.config()).vm?.boot_seconds;
  return seconds === undefined ? undefined : seconds * 1000;
}

/** {@link bootGuest} with the time that the configuration gives guests. */
export function guestBoot(app: Pick<App, 'config'>): (options: BootOptions) => Promise<Guest> {
  return async (options) => {
    const { bootGuest } = await import('../guest/boot-guest.ts');
    const bootTimeoutMs = await bootDeadlineMs(app);
    return await bootGuest(bootTimeoutMs === undefined ? options : { ...options, bootTimeoutMs });
  };
}
