import { parseJson } from '../links.ts';
import { runInNetns } from '../run-in-netns.ts';

/** tc-u32(8) with no condition and tc-mirred(8): every frame that comes in on `from` goes out on `to`. */
function filterTo(from: string, to: string): string {
  return `filter add dev ${from} parent ffff: protocol all u32 match u32 0 0 action mirred egress redirect dev ${to}`;
}

/** Connects two interfaces of a namespace: what comes in on one goes out on the other. */
export async function connect(netns: string, tap: string, other: string): Promise<void> {
  const lines = [
    `qdisc add dev ${tap} ingress`,
    `qdisc add dev ${other} ingress`,
    filterTo(tap, other),
    filterTo(other, tap),
  ];
  await runInNetns(netns, 'tc', ['-batch', '-'], { input: `${lines.join('\n')}\n` });
}

export async function hasIngress(netns: string, device: string): Promise<boolean> {
  const qdiscs = parseJson(await runInNetns(netns, 'tc', ['-json', 'qdisc', 'show', 'dev', device]), 'tc qdisc show');
  return qdiscs.some(({ kind }) => kind === 'ingress');
}

/** Removes the ingress qdisc with all of its filters. Does nothing if there is none. */
export async function removeIngress(netns: string, device: string): Promise<void> {
  if (await hasIngress(netns, device)) await runInNetns(netns, 'tc', ['qdisc', 'del', 'dev', device, 'ingress']);
}

/** Whether everything that comes in on `from` goes out on `to`. */
export async function isRedirected(netns: string, from: string, to: string): Promise<boolean> {
  const shown = await runInNetns(netns, 'tc', ['-json', 'filter', 'show', 'dev', from, 'ingress']);
  return parseJson(shown, 'tc filter show').some((filter) => {
    const { match, actions } = (filter.options ?? {}) as FilterOptions;
    const matchesAll = match === undefined || (match.value === '0' && match.mask === '0');
    return (
      filter.protocol === 'all' &&
      matchesAll &&
      actions?.some((action) => action.mirred_action === 'redirect' && action.to_dev === to) === true
    );
  });
}

interface FilterOptions {
  readonly match?: { readonly value?: unknown; readonly mask?: unknown };
  readonly actions?: readonly { readonly mirred_action?: unknown; readonly to_dev?: unknown }[];
}
