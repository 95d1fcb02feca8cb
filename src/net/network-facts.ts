import type { EventHead } from '../base/events.ts';
import type { NetworkAttachment } from './provider.ts';

/** The first IPv4 address of an attachment, else its first, without the prefix. */
export function addressOf(attachment: NetworkAttachment | undefined): string | undefined {
  const found = attachment?.addresses.find((one) => !one.includes(':')) ?? attachment?.addresses[0];
  return found?.split('/')[0];
}

/** What events about a VM tell of its network. */
export function networkFacts(attachment: NetworkAttachment | undefined): Pick<EventHead, 'ipAddress' | 'vethName'> {
  const address = addressOf(attachment);
  const vethName = attachment?.vethName;
  return {
    ...(address === undefined ? {} : { ipAddress: address }),
    ...(vethName === undefined ? {} : { vethName }),
  };
}
