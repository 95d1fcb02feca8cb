/**
 * In which version a call or a field came (Firecracker's CHANGELOG.md), since two files only say between which; what is
 * not named here came with the newer file's version.
 */
export const since: Readonly<Record<string, string>> = {
  'MmdsConfig.imds_compat': '1.13',
  'SnapshotLoadParams.track_dirty_pages': '1.13',
  'PUT /serial': '1.14',
  'PUT /pmem/{id}': '1.14',
  'GET /hotplug/memory': '1.14',
  'PUT /hotplug/memory': '1.14',
  'PATCH /hotplug/memory': '1.14',
  'GET /balloon/hinting/status': '1.14',
  'PATCH /balloon/hinting/start': '1.14',
  'PATCH /balloon/hinting/stop': '1.14',
  'Balloon.free_page_hinting': '1.14',
  'Balloon.free_page_reporting': '1.14',
  'PATCH /pmem/{id}': '1.16',
  'Pmem.rate_limiter': '1.16',
  'SerialDevice.rate_limiter': '1.16',
  'NetworkInterface.mtu': '1.16',
  'SnapshotLoadParams.vsock_override': '1.16',
  'SnapshotLoadParams.clock_realtime': '1.16',
};
