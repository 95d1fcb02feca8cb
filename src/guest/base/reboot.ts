import type { Machine } from '../../vm/driver.ts';

/** A machine ends by the guest's reset: power-off does not end every VMM. */
export const rebootCommand =
  'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin; systemctl reboot || reboot || shutdown -r now';

export async function endsWithin(machine: Machine, ms: number): Promise<boolean> {
  const late = Promise.withResolvers<false>();
  const timer = setTimeout(() => late.resolve(false), ms);
  const ended = await Promise.race([machine.ended.then(() => true), late.promise]);
  clearTimeout(timer);
  return ended;
}
