import { FirekilnError } from '../../base/errors/firekiln-error.ts';
import type { MachineSpec } from '../driver.ts';
import type { MachineChange } from '../machine-controls.ts';
import { checkRateLimit } from '../validate-options.ts';
import type { CallOptions, FirecrackerApi } from './api/firecracker-api.ts';
import { cardId, limiterOf } from './configuration.ts';

/** See {@link Machine.change}. Firecracker says itself what of it a machine was not made for. */
export async function changeMachine(
  api: FirecrackerApi,
  spec: MachineSpec,
  change: MachineChange,
  options: CallOptions,
): Promise<void> {
  const { balloon, driveRateLimits = {}, networkRateLimits: network, metadata } = change;
  if (balloon?.amountMiB !== undefined) {
    await api.put('PATCH /balloon', { amount_mib: balloon.amountMiB }, options);
  }
  if (balloon?.statsIntervalS !== undefined) {
    await api.put('PATCH /balloon/statistics', { stats_polling_interval_s: balloon.statsIntervalS }, options);
  }
  for (const [id, limit] of Object.entries(driveRateLimits)) {
    if (!spec.drives.some((drive) => drive.id === id)) {
      throw new FirekilnError('VM_SPEC_INVALID', `machine ${spec.id}: there is no drive ${id}`);
    }
    checkRateLimit(spec.id, `the drive ${id}`, limit);
    await api.put('PATCH /drives/{drive_id}', { drive_id: id, rate_limiter: limiterOf(limit) }, options);
  }
  if (network !== undefined) {
    checkRateLimit(spec.id, 'what the network receives', network.receive);
    checkRateLimit(spec.id, 'what the network sends', network.send);
    const limits = { rx_rate_limiter: limiterOf(network.receive), tx_rate_limiter: limiterOf(network.send) };
    await api.put('PATCH /network-interfaces/{iface_id}', { iface_id: cardId, ...limits }, options);
  }
  if (metadata !== undefined && 'replace' in metadata) await api.put('PUT /mmds', metadata.replace, options);
  if (metadata !== undefined && 'merge' in metadata) await api.put('PATCH /mmds', metadata.merge, options);
}
