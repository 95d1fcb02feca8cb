import { runInNetns } from '../run-in-netns.ts';

/**
 * Keeps packets for 127.0.0.0/8 in the VM's own namespace. The portmap plugin sets `route_localnet` on the host's
 * interface, with which the host takes such packets from a guest for its own loopback (CVE-2020-8558). They are led to
 * the namespace's loopback device, where nobody listens, before the filter that connects the tap sees them.
 */
export async function shieldLoopback(netns: string, tap: string, signal?: AbortSignal): Promise<void> {
  const line = `filter add dev ${tap} parent ffff: protocol ip pref 1 u32 match ip dst 127.0.0.0/8 action mirred egress redirect dev lo`;
  await runInNetns(netns, 'tc', ['-batch', '-'], { input: `${line}\n`, signal });
}
