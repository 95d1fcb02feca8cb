import { FirekilnError } from '../base/errors/firekiln-error.ts';
import { runInNetns } from './run-in-netns.ts';

/** A network interface of a network namespace. */
export interface Link {
  readonly name: string;
  readonly mac: string;
  /** In bytes. */
  readonly mtu: number;
}

/** The interfaces of a network namespace, by ip-link(8). */
export async function listLinks(netns: string, signal?: AbortSignal): Promise<readonly Link[]> {
  const value = parseJson(await runInNetns(netns, 'ip', ['-json', 'link', 'show'], { signal }), 'ip link show');
  return value.map((link) => ({
    name: typeof link.ifname === 'string' ? link.ifname : '',
    mac: typeof link.address === 'string' ? link.address : '',
    mtu: Number(link.mtu),
  }));
}

/** What programs of iproute2 print with -json; nothing counts as an empty list. */
export function parseJson(text: string, what: string): readonly Record<string, unknown>[] {
  try {
    const value: unknown = text.trim() === '' ? [] : JSON.parse(text);
    if (Array.isArray(value)) return value as Record<string, unknown>[];
  } catch {
    // Told below.
  }
  throw new FirekilnError('NETWORK_FAILED', `\`${what}\` printed something that is no JSON list`, {
    details: [text.slice(0, 200)],
  });
}
