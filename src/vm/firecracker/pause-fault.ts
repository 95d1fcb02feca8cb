import type { ApiVersion } from './api/api-version.ts';

/** Before a fix that came with 1.17. */
const deaf = /^v?1\.16\.[01](?:-|$)/;

/**
 * Why a guest of that version would not go on as it was after a pause in which no snapshot was taken; undefined if it does.
 * From 1.16.0 on, a resume makes the vsock device wait for the guest to acknowledge a reset that only a snapshot sends:
 * nothing reaches the guest over vsock any more (a34d51c9, "do not arm the TRANSPORT_RESET RX gate on bare resume").
 */
export function pauseFault({ text }: ApiVersion): string | undefined {
  return deaf.test(text) ? `in Firecracker ${text} no guest can be reached any more after a pause` : undefined;
}
