import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { FirekilnError } from '../../../base/errors/firekiln-error.ts';
import type { NumaNode } from './cgroup-limits.ts';

const folder = '/sys/devices/system/node';

/** A NUMA node of this host. Throws USAGE, with those that there are. */
export async function numaNode(node: number): Promise<NumaNode> {
  try {
    return { node, cpulist: (await readFile(join(folder, `node${node}`, 'cpulist'), 'utf8')).trim() };
  } catch (cause) {
    const names = await readdir(folder).catch(() => []);
    const known = names.filter((name) => /^node\d+$/.test(name)).map((name) => name.slice('node'.length));
    throw new FirekilnError('USAGE', `this host has no NUMA node ${node}; it has ${known.join(', ') || 'none'}`, {
      cause,
    });
  }
}
