import type { Emitter } from '../base/events.ts';

/**
 * The contract of a network provider: it gives a VM its network. `attach` may be called once per VM id; `detach` undoes
 * it and is safe twice, also after a failed or killed attach, also in another process (what it needs is in `stateDir`).
 */
export interface NetworkProvider {
  readonly name: 'user' | 'cni' | 'fake';
  attach(options: AttachOptions): Promise<NetworkAttachment>;
  detach(vmId: string): Promise<void>;
}

export interface AttachOptions {
  readonly vmId: string;
  /** A private, short folder for sockets. */
  readonly runDir: string;
  readonly hostname: string;
  readonly publish: readonly PublishedPort[];
  /** The user as whom the VMM opens the tap; this process's own by default. Without meaning where there is no tap. */
  readonly tapOwner?: { readonly uid: number; readonly gid: number } | undefined;
  readonly emitter: Emitter;
  readonly signal?: AbortSignal | undefined;
}

export interface PublishedPort {
  readonly hostAddress: string;
  readonly hostPort: number;
  readonly guestPort: number;
  readonly protocol: 'tcp' | 'udp';
}

/** What a machine driver plugs in, and what the guest is told. */
export type NetworkAttachment = GuestNetwork &
  (
    | {
        /** A Unix stream socket that speaks QEMU's `-netdev stream` framing (passt). */
        readonly kind: 'stream-socket';
        readonly socketPath: string;
      }
    | {
        readonly kind: 'tap';
        readonly tapName: string;
        /** Path of the network namespace in which the tap is and the VMM must run; the host's own if absent. */
        readonly netnsPath?: string;
        /** Path of the user namespace that has the network namespace, where this process may enter that only with it. */
        readonly usernsPath?: string;
      }
  );

export interface GuestNetwork {
  readonly mac: string;
  /** `address/prefix`; empty where the guest must ask by DHCP. */
  readonly addresses: readonly string[];
  readonly dhcp: boolean;
  readonly routes: readonly { readonly destination: string; readonly gateway?: string }[];
  readonly dns: {
    readonly servers: readonly string[];
    readonly search: readonly string[];
    readonly options?: readonly string[];
  };
  /** In bytes. */
  readonly mtu?: number;
  /** The host's end, where there is one: for logs. */
  readonly vethName?: string;
  /** Ports that the provider itself publishes; the others are forwarded by the VM's owner. */
  readonly published: readonly PublishedPort[];
}
