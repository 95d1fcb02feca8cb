import type { EventHead } from '../base/events.ts';
import type { NetworkAttachment } from './provider.ts';

/** What events about a VM tell of its network. */
export function networkFacts(attachment: NetworkAttachment | undefined): Pick<EventHead, 'ipAddress' | 'vethName'> {
  const address = attachment?.addresses[0]?.split('/')[0];
  const vethName = attachment?.vethName;
  return {
    ...(address === undefined ? {} : { ipAddress: address }),
    ...(vethName === undefined ? {} : { vethName }),
  };
}
