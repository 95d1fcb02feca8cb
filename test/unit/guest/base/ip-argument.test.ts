import { expect, it } from 'vitest';
import { baseHostname } from '../../../../src/guest/base/base-vm.ts';
import { ipArgument } from '../../../../src/guest/base/ip-argument.ts';

const to = (destination: string, gateway?: string) => ({ destination, ...(gateway === undefined ? {} : { gateway }) });

it.each([
  [
    {
      addresses: ['fd00::2/64', '192.168.128.5/20'],
      routes: [to('10.0.0.0/8', '192.168.128.9'), to('::/0', 'fd00::1'), to('0.0.0.0/0', '192.168.128.1')],
      dns: { servers: ['fd00::53', '1.1.1.1', '9.9.9.9', '8.8.8.8'], search: [] },
    },
    `ip=192.168.128.5::192.168.128.1:255.255.240.0:${baseHostname}:eth0:off:1.1.1.1:9.9.9.9`,
  ],
  [
    { addresses: ['10.1.2.3/8'], routes: [to('default', '10.0.0.1')], dns: { servers: ['1.1.1.1'], search: [] } },
    `ip=10.1.2.3::10.0.0.1:255.0.0.0:${baseHostname}:eth0:off:1.1.1.1`,
  ],
  [
    { addresses: ['10.1.2.3/32'], routes: [], dns: { servers: [], search: [] } },
    `ip=10.1.2.3:::255.255.255.255:${baseHostname}:eth0:off`,
  ],
])('the kernel is told the address that CNI gave: %j', (network, expected) => {
  expect(ipArgument(network)).toBe(expected);
});
