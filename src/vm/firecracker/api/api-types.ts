// Made by scripts/firecracker-api.ts from the API files of Firecracker; do not edit.
// api-1.12.1.yaml 0dcac060cb695fc131ed892da38ed21c9a6039a6f4449f0ee2a3a3cd1b405c00
// api-1.16.1.yaml a514abec7b29700c5ca8bdaebbb960e4ffb46fe1fd4869094c6c63630a6fa41c

export interface Balloon {
  readonly amount_mib: number;
  readonly deflate_on_oom: boolean;
  readonly stats_polling_interval_s?: number | undefined;
  readonly free_page_hinting?: boolean | undefined;
  readonly free_page_reporting?: boolean | undefined;
}

export interface BalloonUpdate {
  readonly amount_mib: number;
}

export interface BalloonStats {
  readonly target_pages: number;
  readonly actual_pages: number;
  readonly target_mib: number;
  readonly actual_mib: number;
  readonly swap_in?: number | undefined;
  readonly swap_out?: number | undefined;
  readonly major_faults?: number | undefined;
  readonly minor_faults?: number | undefined;
  readonly free_memory?: number | undefined;
  readonly total_memory?: number | undefined;
  readonly available_memory?: number | undefined;
  readonly disk_caches?: number | undefined;
  readonly hugetlb_allocations?: number | undefined;
  readonly hugetlb_failures?: number | undefined;
  readonly oom_kill?: number | undefined;
  readonly alloc_stall?: number | undefined;
  readonly async_scan?: number | undefined;
  readonly direct_scan?: number | undefined;
  readonly async_reclaim?: number | undefined;
  readonly direct_reclaim?: number | undefined;
}

export interface BalloonStartCmd {
  readonly acknowledge_on_stop?: boolean | undefined;
}

export interface BalloonHintingStatus {
  readonly host_cmd: number;
  readonly guest_cmd?: number | undefined;
}

export interface BalloonStatsUpdate {
  readonly stats_polling_interval_s: number;
}

export interface BootSource {
  readonly boot_args?: string | undefined;
  readonly initrd_path?: string | undefined;
  readonly kernel_image_path: string;
}

export type CpuTemplate = 'C3' | 'T2' | 'T2S' | 'T2CL' | 'T2A' | 'V1N1' | 'None';

export interface CpuConfig {
  readonly kvm_capabilities?: readonly string[] | undefined;
  readonly cpuid_modifiers?: readonly CpuidLeafModifier[] | undefined;
  readonly msr_modifiers?: readonly MsrModifier[] | undefined;
  readonly reg_modifiers?: readonly ArmRegisterModifier[] | undefined;
  readonly vcpu_features?: readonly VcpuFeatures[] | undefined;
}

export interface CpuidLeafModifier {
  readonly leaf: string;
  readonly subleaf: string;
  readonly flags: number;
  readonly modifiers: readonly CpuidRegisterModifier[];
}

export interface CpuidRegisterModifier {
  readonly register: 'eax' | 'ebx' | 'ecx' | 'edx';
  readonly bitmap: string;
}

export interface MsrModifier {
  readonly addr: string;
  readonly bitmap: string;
}

export interface ArmRegisterModifier {
  readonly addr: string;
  readonly bitmap: string;
}

export interface VcpuFeatures {
  readonly index: number;
  readonly bitmap: string;
}

export interface Drive {
  readonly drive_id: string;
  readonly partuuid?: string | undefined;
  readonly is_root_device: boolean;
  readonly cache_type?: 'Unsafe' | 'Writeback' | undefined;
  readonly is_read_only?: boolean | undefined;
  readonly path_on_host?: string | undefined;
  readonly rate_limiter?: RateLimiter | undefined;
  readonly io_engine?: 'Sync' | 'Async' | undefined;
  readonly socket?: string | undefined;
}

export interface Pmem {
  readonly id: string;
  readonly path_on_host: string;
  readonly root_device?: boolean | undefined;
  readonly read_only?: boolean | undefined;
  readonly rate_limiter?: RateLimiter | undefined;
}

export interface Fault {
  readonly fault_message?: string | undefined;
}

export interface FullVmConfiguration {
  readonly balloon?: Balloon | undefined;
  readonly drives?: readonly Drive[] | undefined;
  readonly 'boot-source'?: BootSource | undefined;
  readonly 'cpu-config'?: CpuConfig | undefined;
  readonly logger?: Logger | undefined;
  readonly 'machine-config'?: MachineConfiguration | undefined;
  readonly metrics?: Metrics | undefined;
  readonly 'memory-hotplug'?: MemoryHotplugConfig | undefined;
  readonly 'mmds-config'?: MmdsConfig | undefined;
  readonly 'network-interfaces'?: readonly NetworkInterface[] | undefined;
  readonly pmem?: readonly Pmem[] | undefined;
  readonly vsock?: Vsock | undefined;
  readonly entropy?: EntropyDevice | undefined;
}

export interface InstanceActionInfo {
  readonly action_type: 'FlushMetrics' | 'InstanceStart' | 'SendCtrlAltDel';
}

export interface InstanceInfo {
  readonly app_name: string;
  readonly id: string;
  readonly state: 'Not started' | 'Running' | 'Paused';
  readonly vmm_version: string;
}

export interface Logger {
  readonly level?: 'Error' | 'Warning' | 'Info' | 'Debug' | 'Trace' | 'Off' | undefined;
  readonly log_path?: string | undefined;
  readonly show_level?: boolean | undefined;
  readonly show_log_origin?: boolean | undefined;
  readonly module?: string | undefined;
}

export interface MachineConfiguration {
  readonly cpu_template?: CpuTemplate | undefined;
  readonly smt?: boolean | undefined;
  readonly mem_size_mib: number;
  readonly track_dirty_pages?: boolean | undefined;
  readonly vcpu_count: number;
  readonly huge_pages?: 'None' | '2M' | undefined;
}

export interface MemoryBackend {
  readonly backend_type: 'File' | 'Uffd';
  readonly backend_path: string;
}

export interface Metrics {
  readonly metrics_path: string;
}

export interface MmdsConfig {
  readonly version?: 'V1' | 'V2' | undefined;
  readonly network_interfaces: readonly string[];
  readonly ipv4_address?: string | undefined;
  readonly imds_compat?: boolean | undefined;
}

export type MmdsContentsObject = Readonly<Record<string, unknown>>;

export interface NetworkInterface {
  readonly guest_mac?: string | undefined;
  readonly host_dev_name: string;
  readonly iface_id: string;
  readonly mtu?: number | undefined;
  readonly rx_rate_limiter?: RateLimiter | undefined;
  readonly tx_rate_limiter?: RateLimiter | undefined;
}

export interface PartialDrive {
  readonly drive_id: string;
  readonly path_on_host?: string | undefined;
  readonly rate_limiter?: RateLimiter | undefined;
}

export interface PartialNetworkInterface {
  readonly iface_id: string;
  readonly rx_rate_limiter?: RateLimiter | undefined;
  readonly tx_rate_limiter?: RateLimiter | undefined;
}

export interface PartialPmem {
  readonly id: string;
  readonly rate_limiter?: RateLimiter | undefined;
}

export interface RateLimiter {
  readonly bandwidth?: TokenBucket | undefined;
  readonly ops?: TokenBucket | undefined;
}

export interface SnapshotCreateParams {
  readonly mem_file_path: string;
  readonly snapshot_path: string;
  readonly snapshot_type?: 'Full' | 'Diff' | undefined;
}

export interface NetworkOverride {
  readonly iface_id: string;
  readonly host_dev_name: string;
}

export interface VsockOverride {
  readonly uds_path: string;
}

export interface SnapshotLoadParams {
  readonly enable_diff_snapshots?: boolean | undefined;
  readonly track_dirty_pages?: boolean | undefined;
  readonly mem_file_path?: string | undefined;
  readonly mem_backend?: MemoryBackend | undefined;
  readonly snapshot_path: string;
  readonly resume_vm?: boolean | undefined;
  readonly network_overrides?: readonly NetworkOverride[] | undefined;
  readonly vsock_override?: VsockOverride | undefined;
  readonly clock_realtime?: boolean | undefined;
}

export interface TokenBucket {
  readonly one_time_burst?: number | undefined;
  readonly refill_time: number;
  readonly size: number;
}

export interface Vm {
  readonly state: 'Paused' | 'Resumed';
}

export interface EntropyDevice {
  readonly rate_limiter?: RateLimiter | undefined;
}

export interface SerialDevice {
  readonly serial_out_path?: string | undefined;
  readonly rate_limiter?: TokenBucket | undefined;
}

export interface MemoryHotplugConfig {
  readonly total_size_mib?: number | undefined;
  readonly slot_size_mib?: number | undefined;
  readonly block_size_mib?: number | undefined;
}

export interface MemoryHotplugSizeUpdate {
  readonly requested_size_mib?: number | undefined;
}

export interface MemoryHotplugStatus {
  readonly total_size_mib?: number | undefined;
  readonly slot_size_mib?: number | undefined;
  readonly block_size_mib?: number | undefined;
  readonly plugged_size_mib?: number | undefined;
  readonly requested_size_mib?: number | undefined;
}

export interface FirecrackerVersion {
  readonly firecracker_version: string;
}

export interface Vsock {
  readonly guest_cid: number;
  readonly uds_path: string;
  readonly vsock_id?: string | undefined;
}

/** What each call of the API takes and gives. */
export interface FirecrackerCalls {
  'GET /': { readonly body: undefined; readonly answer: InstanceInfo };
  'PUT /actions': { readonly body: InstanceActionInfo; readonly answer: undefined };
  'GET /balloon': { readonly body: undefined; readonly answer: Balloon };
  'PUT /balloon': { readonly body: Balloon; readonly answer: undefined };
  'PATCH /balloon': { readonly body: BalloonUpdate; readonly answer: undefined };
  'GET /balloon/statistics': { readonly body: undefined; readonly answer: BalloonStats };
  'PATCH /balloon/statistics': { readonly body: BalloonStatsUpdate; readonly answer: undefined };
  'PATCH /balloon/hinting/start': { readonly body: BalloonStartCmd; readonly answer: undefined };
  'GET /balloon/hinting/status': { readonly body: undefined; readonly answer: BalloonHintingStatus };
  'PATCH /balloon/hinting/stop': { readonly body: undefined; readonly answer: undefined };
  'PUT /boot-source': { readonly body: BootSource; readonly answer: undefined };
  'PUT /cpu-config': { readonly body: CpuConfig; readonly answer: undefined };
  'PUT /drives/{drive_id}': { readonly body: Drive; readonly answer: undefined };
  'PATCH /drives/{drive_id}': { readonly body: PartialDrive; readonly answer: undefined };
  'PUT /pmem/{id}': { readonly body: Pmem; readonly answer: undefined };
  'PATCH /pmem/{id}': { readonly body: PartialPmem; readonly answer: undefined };
  'PUT /logger': { readonly body: Logger; readonly answer: undefined };
  'GET /machine-config': { readonly body: undefined; readonly answer: MachineConfiguration };
  'PUT /machine-config': { readonly body: MachineConfiguration; readonly answer: undefined };
  'PATCH /machine-config': { readonly body: MachineConfiguration; readonly answer: undefined };
  'PUT /metrics': { readonly body: Metrics; readonly answer: undefined };
  'PUT /mmds': { readonly body: MmdsContentsObject; readonly answer: undefined };
  'PATCH /mmds': { readonly body: MmdsContentsObject; readonly answer: undefined };
  'GET /mmds': { readonly body: undefined; readonly answer: Readonly<Record<string, unknown>> };
  'PUT /mmds/config': { readonly body: MmdsConfig; readonly answer: undefined };
  'PUT /entropy': { readonly body: EntropyDevice; readonly answer: undefined };
  'PUT /serial': { readonly body: SerialDevice; readonly answer: undefined };
  'PUT /hotplug/memory': { readonly body: MemoryHotplugConfig; readonly answer: undefined };
  'PATCH /hotplug/memory': { readonly body: MemoryHotplugSizeUpdate; readonly answer: undefined };
  'GET /hotplug/memory': { readonly body: undefined; readonly answer: MemoryHotplugStatus };
  'PUT /network-interfaces/{iface_id}': { readonly body: NetworkInterface; readonly answer: undefined };
  'PATCH /network-interfaces/{iface_id}': { readonly body: PartialNetworkInterface; readonly answer: undefined };
  'PUT /snapshot/create': { readonly body: SnapshotCreateParams; readonly answer: undefined };
  'PUT /snapshot/load': { readonly body: SnapshotLoadParams; readonly answer: undefined };
  'GET /version': { readonly body: undefined; readonly answer: FirecrackerVersion };
  'PATCH /vm': { readonly body: Vm; readonly answer: undefined };
  'GET /vm/config': { readonly body: undefined; readonly answer: FullVmConfiguration };
  'PUT /vsock': { readonly body: Vsock; readonly answer: undefined };
}
