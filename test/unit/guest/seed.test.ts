import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { runProcess } from '../../../src/base/process.ts';
import { type Seed, writeSeed } from '../../../src/guest/seed.ts';
import { useTemporaryFolder } from '../../support/temporary-folder.ts';
import { describeWithTools } from '../../support/tools.ts';

const folder = useTemporaryFolder();
const seed: Seed = {
  hostname: 'box-1.example',
  control: 'vsock',
  driveCount: 3,
  hostKey: 'the key',
  authorizedKey: 'ssh-ed25519 AAAA\n',
  network: {
    kind: 'tap',
    tapName: 'tap0',
    mac: '02:00:00:00:00:01',
    addresses: ['10.0.0.2/24', 'fd00::2/64'],
    dhcp: false,
    routes: [{ destination: '10.1.0.0/16' }, { destination: 'default', gateway: '10.0.0.1' }],
    dns: { servers: ['10.0.0.53'], search: ["it's $HOME.example", 'b'], options: ['ndots:2'] },
    mtu: 1400,
    published: [],
  },
};

describeWithTools(['cpio'], 'the seed of a VM', () => {
  async function settings(of: Seed): Promise<string[]> {
    await runProcess('cpio', { args: ['-iud', '--quiet'], stdin: writeSeed(of), cwd: folder.path });
    const names = 'HOSTNAME CONTROL DRIVES NETWORK ADDRESSES ROUTES MTU NAMESERVERS SEARCH RESOLVER_OPTIONS';
    await writeFile(
      join(folder.path, 'show'),
      `. ./seed/settings\nfor name in ${names}; do eval "printf '%s\\n' \\"\\$$name\\""; done`,
    );
    const { stdout } = await runProcess('sh', { args: ['./show'], cwd: folder.path, env: { PATH: '/usr/bin:/bin' } });
    return String(stdout).split('\n').slice(0, -1);
  }

  it('gives a shell exactly the facts, whatever is in them', async () => {
    const routes = '10.1.0.0/16,- default,10.0.0.1';
    const search = "it's $HOME.example b";
    expect(await settings(seed)).toEqual([
      'box-1.example',
      'vsock',
      '3',
      'static',
      '10.0.0.2/24 fd00::2/64',
      routes,
      '1400',
      '10.0.0.53',
      search,
      'ndots:2',
    ]);
    expect((await settings({ ...seed, network: undefined })).slice(0, 5)).toEqual([
      'box-1.example',
      'vsock',
      '3',
      'none',
      '',
    ]);
  });

  it('keeps its keys from everybody but root', async () => {
    const { stdout } = await runProcess('cpio', { args: ['-itv', '--quiet'], stdin: writeSeed(seed) });
    const lines = String(stdout).trim().split('\n');
    expect(lines.map((line) => line.slice(0, 10))).toEqual(['drwx------', '-rw-------', '-rw-------', '-rw-------']);
  });

  it.each(['', '-box', 'a b', 'box\nreboot', 'x'.repeat(65)])('refuses the host name %j', (hostname) => {
    expect(() => writeSeed({ ...seed, hostname })).toThrow(expect.objectContaining({ code: 'VM_SPEC_INVALID' }));
  });
});
