import type { CniResult } from '../../formats/cni/cni-result.ts';
import { type Link, listLinks } from '../links.ts';
import { runInNetns } from '../run-in-netns.ts';
import { failureCodes, PluginFailure } from './plugin-failure.ts';
import type { PluginRequest } from './plugin-request.ts';
import { connect, removeIngress } from './redirect.ts';

/**
 * ADD: a tap beside the interface that the plugins before have made, connected with it in both directions. The result
 * gets the tap, and an interface with the VM's id as its sandbox, MAC and addresses of which the guest has to use.
 * What was made is undone if something fails.
 */
export async function addTap({ netns, ifName, containerId, previous, tap }: PluginRequest): Promise<CniResult> {
  if (previous === undefined) {
    throw new PluginFailure(
      failureCodes.invalidConfig,
      'no previous result was found: tc-redirect-tap belongs behind a plugin that makes an interface',
    );
  }
  const links = await listLinks(netns);
  const other = links.find(({ name }) => name === ifName);
  if (other === undefined) throw new PluginFailure(failureCodes.failed, `there is no interface ${ifName} in ${netns}`);
  const name = tap.name ?? freeName(links);
  await makeTap(netns, name, other, tap);
  try {
    await connect(netns, name, ifName);
    const made = (await listLinks(netns)).find((link) => link.name === name);
    const first = previous.interfaces.length;
    const guestAddresses = previous.ips.filter(({ interface: index }) => {
      const owner = index === undefined ? undefined : previous.interfaces[index];
      return owner?.name === ifName && owner.sandbox === netns;
    });
    return {
      ...previous,
      interfaces: [
        ...previous.interfaces,
        { name, sandbox: netns, mac: made?.mac, mtu: made?.mtu },
        { name, sandbox: containerId, mac: other.mac, mtu: other.mtu },
      ],
      ips: [
        ...previous.ips,
        ...guestAddresses.map(({ address, gateway }) => ({ address, gateway, interface: first + 1 })),
      ],
    };
  } catch (error) {
    await removeIngress(netns, ifName).catch(() => {});
    await removeTap(netns, name).catch(() => {});
    throw error;
  }
}

/** Does nothing if there is no such tap. */
export async function removeTap(netns: string, name: string): Promise<void> {
  const links = await listLinks(netns);
  if (links.some((link) => link.name === name)) await runInNetns(netns, 'ip', ['link', 'del', 'dev', name]);
}

async function makeTap(netns: string, name: string, other: Link, owner: PluginRequest['tap']): Promise<void> {
  // One queue, and virtio-net headers: as Firecracker opens it.
  const lines = [
    `tuntap add dev ${name} mode tap user ${owner.uid} group ${owner.gid} vnet_hdr`,
    `link set dev ${name} mtu ${other.mtu} up`,
  ];
  const [create, configure] = lines;
  await runInNetns(netns, 'ip', ['-batch', '-'], { input: `${create}\n` });
  try {
    await runInNetns(netns, 'ip', ['-batch', '-'], { input: `${configure}\n` });
  } catch (error) {
    await removeTap(netns, name).catch(() => {});
    throw error;
  }
}

function freeName(links: readonly Link[]): string {
  for (let i = 0; ; i++) {
    if (!links.some(({ name }) => name === `tap${i}`)) return `tap${i}`;
  }
}
