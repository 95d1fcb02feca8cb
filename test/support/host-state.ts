import { readdir, readFile } from 'node:fs/promises';
import { runProcess } from '../../src/base/process.ts';
import { processesWith } from './processes.ts';

/**
 * Everything that VMs may leave on this host: processes, network devices and namespaces, firewall rules, mounts, cgroups,
 * jails, allocations and results of CNI, folders of sockets, records of a data dir. Two that are equal: nothing is left.
 */
export async function hostState(dataDir: string): Promise<readonly string[]> {
  const folders = [
    ['netns', '/run/netns'],
    ['cni', '/var/lib/cni'],
    ['jail', '/srv/jailer'],
    ['run', '/run/firekiln'],
    ['network', `${dataDir}/network`],
    ['jails', `${dataDir}/jails`],
    ['vms', `${dataDir}/vms`],
  ] as const;
  const files = folders.map(async ([kind, folder]) => {
    const names = await readdir(folder, { recursive: true }).catch(() => []);
    return names.filter(isKept).map((name) => `${kind} ${name}`);
  });
  const temporary = (await readdir('/tmp')).filter((name) => /^(?:firekiln-\d+-|fk-kvm-)/.test(name));
  const cgroups = await readdir('/sys/fs/cgroup', { recursive: true, withFileTypes: true });
  return [
    ...(await Promise.all(files)).flat(),
    ...temporary.map((name) => `tmp ${name}`),
    ...cgroups.filter((it) => it.isDirectory()).map((it) => `cgroup ${it.parentPath}/${it.name}`),
    ...(await processes()),
    ...(await lines('ip', ['-brief', 'link'])).map((line) => `link ${line.split(/\s/)[0]}`),
    ...(await lines('iptables-save')).filter((line) => line.startsWith('-A')),
    ...(await readFile('/proc/self/mounts', 'utf8')).split('\n').map((line) => `mount ${line}`),
  ].sort();
}

/** What host-local and locks keep for the next VM. */
function isKept(name: string): boolean {
  return !/(?:^|\/)(?:lock|last_reserved_ip\.\d+|network-[^/]*\.lock|\.lock)$/.test(name);
}

const programPattern = /(?:firecracker|jailer|qemu-system-x86_64|passt|firekiln\.(?:js|ts))$/;

async function processes(): Promise<string[]> {
  return (await processesWith((arg) => programPattern.test(arg))).map((line) => `process ${line}`);
}

async function lines(program: string, args: readonly string[] = []): Promise<string[]> {
  return (await runProcess(program, { args })).stdout.toString().split('\n').filter(Boolean);
}
