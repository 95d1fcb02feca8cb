import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runProcess, tryProcess } from '../../src/base/process.ts';
import { AttachedVms } from '../../src/net/cni/attached-vms.ts';
import { type CniNetworkProvider, createCniNetworkProvider } from '../../src/net/cni/cni-provider.ts';
import { ownPluginFolder } from '../../src/net/cni/own-plugins.ts';

/** Debian's plugins. */
export const pluginFolder = '/usr/lib/cni';

/** A host's CNI in a folder: a network `test` on a bridge of its own, with all that plugins keep below the folder. */
export class CniHost {
  readonly folder: string;
  readonly bridge: string;
  /** The first three bytes of its subnet. */
  readonly prefix: string;
  readonly confDir: string;

  private constructor(folder: string, number: number) {
    this.folder = folder;
    this.bridge = `fkt${createHash('sha256').update(folder).digest('hex').slice(0, 8)}`;
    this.prefix = `192.168.${number}`;
    this.confDir = join(folder, 'conf.d');
  }

  /** @param number From 120 to 127, of one suite alone. */
  static async create(folder: string, number: number): Promise<CniHost> {
    const host = new CniHost(folder, number);
    await mkdir(host.confDir, { recursive: true });
    await host.configure({});
    await host.#removeStale();
    return host;
  }

  /** Writes the network's configuration: the one of the original documentation with some keys changed. */
  async configure({ version = '0.4.0', ipam = {}, plugins = tailPlugins, ipMasq = true }: ConfigChange): Promise<void> {
    const bridge = {
      type: 'bridge',
      bridge: this.bridge,
      isDefaultGateway: true,
      ipMasq,
      hairpinMode: true,
      ipam: { type: 'host-local', subnet: `${this.prefix}.0/24`, dataDir: join(this.folder, 'ipam'), ...ipam },
    };
    const list = { name: 'test', cniVersion: version, plugins: [bridge, ...plugins] };
    await writeFile(join(this.confDir, '10-test.conflist'), JSON.stringify(list));
  }

  provider(change: { readonly binDirs?: readonly string[]; readonly network?: string } = {}): CniNetworkProvider {
    return createCniNetworkProvider({
      network: 'test',
      confDirs: [this.confDir],
      binDirs: [pluginFolder, ownPluginFolder()],
      cacheDir: join(this.folder, 'cache'),
      stateDir: join(this.folder, 'state'),
      netnsDir: join(this.folder, 'netns'),
      ...change,
    });
  }

  get vms(): AttachedVms {
    return new AttachedVms(join(this.folder, 'state'));
  }

  /** Everything that attached VMs have on this host. Nobody attached: nothing. */
  async leftovers(): Promise<readonly string[]> {
    const files = ['netns', 'cache/results', 'ipam/test', 'state'].map(async (name) => {
      const found = await readdir(join(this.folder, name)).catch(() => []);
      return found.filter((file) => !/^(?:lock|locks|last_reserved_ip.*)$/.test(file)).map((file) => `${name}/${file}`);
    });
    const ports = await tryProcess('ip', { args: ['-brief', 'link', 'show', 'master', this.bridge] });
    const rules = ['iptables-save', 'ip6tables-save'].map(async (command) => {
      const lines = (await runProcess(command)).stdout.toString().split('\n');
      return lines.filter((line) => line.includes(`${this.prefix}.`) || line.includes('\\"test\\"'));
    });
    const mounts = (await readFile('/proc/self/mounts', 'utf8')).split('\n');
    return [
      ...(await Promise.all([...files, ...rules])).flat(),
      ...ports.stdout.toString().split('\n').filter(Boolean),
      ...mounts.filter((line) => line.includes(this.folder)),
    ];
  }

  /** A run of the suite that was killed has left its bridge, whose route would be taken instead. */
  async #removeStale(): Promise<void> {
    const { stdout } = await tryProcess('ip', { args: ['-brief', 'address', 'show', 'to', `${this.prefix}.1`] });
    for (const [name = ''] of stdout.toString().matchAll(/^fkt[0-9a-f]+/gm)) {
      if (name !== this.bridge) await tryProcess('ip', { args: ['link', 'del', 'dev', name] });
    }
  }

  /** Removes the bridge; VMs must be detached before. */
  async remove(): Promise<void> {
    await tryProcess('ip', { args: ['link', 'del', 'dev', this.bridge] });
  }
}

const tailPlugins = [
  { type: 'firewall' },
  { type: 'portmap', capabilities: { portMappings: true } },
  { type: 'tc-redirect-tap' },
];

interface ConfigChange {
  readonly version?: string;
  readonly ipam?: Readonly<Record<string, unknown>>;
  readonly ipMasq?: boolean;
  readonly plugins?: readonly Readonly<Record<string, unknown>>[];
}
