import type { CniInterface, CniResult } from './cni-result.ts';

/**
 * The two interfaces that stand for a VM in a result, as awslabs' `vmconf` package defines them: one with the VM's id
 * as its sandbox, that only says what the VM's own interface must be like, and the tap of the same name.
 */
export interface TapPair {
  readonly tap: CniInterface;
  readonly guest: CniInterface;
  /** Index of the guest's among the interfaces: addresses refer to it. */
  readonly guestIndex: number;
}

/** Undefined if the result has no such pair, or several. */
export function findTapPair({ interfaces }: CniResult, vmId: string): TapPair | undefined {
  const guests = interfaces.filter(({ sandbox }) => sandbox === vmId);
  const [guest] = guests;
  if (guest === undefined || guests.length > 1) return undefined;
  const taps = interfaces.filter(({ name, sandbox }) => name === guest.name && sandbox !== vmId);
  const [tap] = taps;
  return tap === undefined || taps.length > 1 ? undefined : { tap, guest, guestIndex: interfaces.indexOf(guest) };
}
