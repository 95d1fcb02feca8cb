import type { PublishedPort } from '../../net/provider.ts';

/** Where a VM is in its life; `state.json`, written by its shim. */
export interface VmState {
  readonly status: 'created' | 'starting' | 'running' | 'stopping' | 'exited';
  /** Of the host, when this was written. */
  readonly bootId: string | undefined;
  readonly shimPid?: number;
  readonly vmmPid?: number;
  /** Milliseconds since the epoch: when the entrypoint started and ended. */
  readonly startedAt?: number;
  readonly finishedAt?: number;
  /** Of the entrypoint; 128+n by signal; 125 for Firekiln, the VMM and the guest's kernel. */
  readonly exitCode?: number;
  /** The guest ran out of memory and its kernel killed the entrypoint. */
  readonly oomKilled?: boolean;
  /** Why a VM ended otherwise than by its entrypoint. */
  readonly reason?: string;
  /** The shim was lost: its network is still to be taken down, and the VM removed if it was to be. */
  readonly unreclaimed?: boolean;
  /** As they are bound. */
  readonly ports?: readonly PublishedPort[];
  readonly health?: VmHealth;
  /** What the network's provider gave it. */
  readonly network?: VmNetwork;
}

export interface VmNetwork {
  /** `address/prefix`; empty where the guest asks for them by DHCP. */
  readonly addresses: readonly string[];
  readonly mac: string;
  /** The host's end, where there is one. */
  readonly vethName?: string;
  readonly netns?: string;
}

export interface VmHealth {
  readonly status: 'starting' | 'healthy' | 'unhealthy';
  readonly failingStreak: number;
  /** The last probes, the newest last. */
  readonly log: readonly {
    readonly start: number;
    readonly end: number;
    readonly exitCode: number;
    readonly output: string;
  }[];
}
