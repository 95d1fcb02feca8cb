import type { Emitter } from '../../base/events.ts';
import type { NetworkAttachment } from '../../net/provider.ts';

/** The first IPv4 address of an attachment, without its prefix. */
export function addressOf(network: NetworkAttachment | undefined): string | undefined {
  const found = network?.addresses.find((one) => !one.includes(':')) ?? network?.addresses[0];
  return found?.replace(/\/\d+$/, '');
}

/** Speaks with the facts of one VM, as the JSON lines have them. */
export function emitterOf(options: {
  readonly emitter: Emitter;
  readonly id: string;
  readonly network: NetworkAttachment | undefined;
}): Emitter {
  const ipAddress = addressOf(options.network);
  const vethName = options.network?.vethName;
  return options.emitter.with({
    vmId: options.id,
    ...(ipAddress === undefined ? {} : { ipAddress }),
    ...(vethName === undefined ? {} : { vethName }),
  });
}
