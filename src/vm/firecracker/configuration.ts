import type { MachineSpec } from '../driver.ts';
import type { RateLimit, TokenBucket } from '../machine-options.ts';
import type { Drive, FullVmConfiguration, NetworkInterface, RateLimiter } from './api/api-types.ts';
import { firecrackerKernelArgs } from './kernel-args.ts';

/** The files of a machine, as the VMM names them. */
export interface SeenFiles {
  readonly kernel: string;
  readonly initrd?: string | undefined;
  /** In the order of the specification. */
  readonly drives: readonly string[];
  /** Absent: no vsock device, and so no control stream. */
  readonly vsock?: string;
  readonly metrics?: string | undefined;
}

/** What a configuration is made of. */
export type ConfiguredSpec = Omit<MachineSpec, 'id' | 'kernel' | 'initrds' | 'runDir' | 'emitter' | 'restore'>;

/** Addresses from 3 on are guests' (vsock(7)); each machine has a vsock of its own, so all may have the same. */
const guestCid = 3;
/** The id of the one network card. */
export const cardId = 'net';

/**
 * A machine in Firecracker's own words: what `firecracker --config-file` reads (src/vmm/src/resources.rs, VmmConfig), and
 * what the requests to its API are made of. The content of the metadata service is not part of it.
 */
export function firecrackerConfiguration(spec: ConfiguredSpec, files: SeenFiles): FullVmConfiguration {
  const { vcpus, memoryMiB, kernelArgs, network, balloon, cpuTemplate, metadata } = spec;
  return compact({
    'boot-source': compact({
      kernel_image_path: files.kernel,
      initrd_path: files.initrd,
      boot_args: [...firecrackerKernelArgs, ...kernelArgs].join(' '),
    }),
    drives: spec.drives.map((_, index) => driveOf(spec, index, files.drives[index] ?? '')),
    'machine-config': compact({
      vcpu_count: vcpus,
      mem_size_mib: memoryMiB,
      smt: spec.smt,
      track_dirty_pages: spec.trackChanges,
      huge_pages: spec.hugePages,
      cpu_template: typeof cpuTemplate === 'string' ? cpuTemplate : undefined,
    }),
    'cpu-config': typeof cpuTemplate === 'object' ? cpuTemplate.custom : undefined,
    balloon:
      balloon === undefined
        ? undefined
        : {
            amount_mib: balloon.amountMiB,
            deflate_on_oom: balloon.deflateOnOom,
            stats_polling_interval_s: balloon.statsIntervalS ?? 0,
          },
    'network-interfaces': network?.kind === 'tap' ? [cardOf(spec, network)] : undefined,
    'mmds-config':
      metadata === undefined
        ? undefined
        : compact({ version: 'V2' as const, network_interfaces: [cardId], ipv4_address: metadata.address }),
    vsock: files.vsock === undefined ? undefined : { guest_cid: guestCid, uds_path: files.vsock },
    entropy: compact({ rate_limiter: limiterOf(spec.entropyRateLimit) }),
    metrics: files.metrics === undefined ? undefined : { metrics_path: files.metrics },
  });
}

function driveOf({ drives, rootDrive }: ConfiguredSpec, index: number, path: string): Drive {
  const { id = '', readOnly = true, durable, rateLimit, ioEngine } = drives[index] ?? {};
  const isRoot = rootDrive !== undefined && index === 0;
  return compact({
    drive_id: id,
    path_on_host: path,
    is_root_device: isRoot,
    is_read_only: readOnly,
    partuuid: isRoot ? rootDrive.partuuid : undefined,
    // A drive that is only read has nothing to flush.
    cache_type: durable === false || readOnly ? ('Unsafe' as const) : ('Writeback' as const),
    io_engine: ioEngine,
    rate_limiter: limiterOf(rateLimit),
  });
}

function cardOf(
  { networkRateLimits: limits }: ConfiguredSpec,
  network: { readonly tapName: string; readonly mac: string; readonly mtu?: number },
): NetworkInterface {
  return compact({
    iface_id: cardId,
    host_dev_name: network.tapName,
    guest_mac: network.mac,
    mtu: network.mtu,
    rx_rate_limiter: limiterOf(limits?.receive),
    tx_rate_limiter: limiterOf(limits?.send),
  });
}

/** Undefined for no limit. */
export function limiterOf(limit: RateLimit | undefined): RateLimiter | undefined {
  if (limit === undefined) return undefined;
  return compact({ bandwidth: bucketOf(limit.bandwidth), ops: bucketOf(limit.operations) });
}

function bucketOf(bucket: TokenBucket | undefined) {
  if (bucket === undefined) return undefined;
  return compact({ size: bucket.size, refill_time: bucket.refillMs, one_time_burst: bucket.burst });
}

/** Without its undefined members, so that a configuration can be compared and printed. */
function compact<T extends object>(value: T): T {
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined)) as T;
}
