import type { FullVmConfiguration } from './api/api-types.ts';
import { isAtLeast } from './api/api-version.ts';
import type { FirecrackerApi } from './api/firecracker-api.ts';

/**
 * Hands a configuration to a Firecracker that has started no guest yet. What the running version lacks is refused by name
 * (VMM_OUTDATED), but for the MTU of the network card, which the guest is told in other ways too.
 */
export async function configure(
  api: FirecrackerApi,
  configuration: FullVmConfiguration,
  signal: AbortSignal,
): Promise<void> {
  const options = { signal };
  const { balloon, entropy, metrics, vsock } = configuration;
  if (metrics !== undefined) await api.put('PUT /metrics', metrics, options);
  const machine = configuration['machine-config'];
  if (machine !== undefined) await api.put('PUT /machine-config', machine, options);
  const template = configuration['cpu-config'];
  if (template !== undefined) await api.put('PUT /cpu-config', template, options);
  const source = configuration['boot-source'];
  if (source !== undefined) await api.put('PUT /boot-source', source, options);
  for (const drive of configuration.drives ?? []) await api.put('PUT /drives/{drive_id}', drive, options);
  for (const card of configuration['network-interfaces'] ?? []) {
    const { mtu, ...rest } = card;
    const known = isAtLeast(api.version, '1.16') && mtu !== undefined ? card : rest;
    await api.put('PUT /network-interfaces/{iface_id}', known, options);
  }
  const metadata = configuration['mmds-config'];
  if (metadata !== undefined) await api.put('PUT /mmds/config', metadata, options);
  if (balloon !== undefined) await api.put('PUT /balloon', balloon, options);
  if (vsock !== undefined) await api.put('PUT /vsock', vsock, options);
  if (entropy !== undefined) await api.put('PUT /entropy', entropy, options);
}
