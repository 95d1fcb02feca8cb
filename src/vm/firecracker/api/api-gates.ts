// Made by scripts/firecracker-api.ts from the API files of Firecracker; do not edit.
// api-1.12.1.yaml 0dcac060cb695fc131ed892da38ed21c9a6039a6f4449f0ee2a3a3cd1b405c00
// api-1.16.1.yaml a514abec7b29700c5ca8bdaebbb960e4ffb46fe1fd4869094c6c63630a6fa41c

/** The version that brought a call; those not named here are in the oldest version that is supported. */
export const callsSince: Readonly<Record<string, string>> = {
  'PATCH /balloon/hinting/start': '1.14',
  'GET /balloon/hinting/status': '1.14',
  'PATCH /balloon/hinting/stop': '1.14',
  'PUT /pmem/{id}': '1.14',
  'PATCH /pmem/{id}': '1.16',
  'PUT /serial': '1.14',
  'PUT /hotplug/memory': '1.14',
  'PATCH /hotplug/memory': '1.14',
  'GET /hotplug/memory': '1.14',
};

/** The version that brought a field of a body, by call and by path within the body. */
export const fieldsSince: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'PUT /balloon': { free_page_hinting: '1.14', free_page_reporting: '1.14' },
  'PUT /pmem/{id}': { rate_limiter: '1.16' },
  'PUT /mmds/config': { imds_compat: '1.13' },
  'PUT /serial': { rate_limiter: '1.16' },
  'PUT /network-interfaces/{iface_id}': { mtu: '1.16' },
  'PUT /snapshot/load': { track_dirty_pages: '1.13', vsock_override: '1.16', clock_realtime: '1.16' },
};
