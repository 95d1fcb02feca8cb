import type { CodeInfo } from './code-info.ts';

export const netCodes = {
  ADDRESS_REFUSED: {
    meaning: 'A URL leads to an address that Firekiln does not fetch from: link-local, a metadata service, or private.',
    wayOut:
      'Link-local addresses are never fetched from. Private ones are allowed by `[sources] allow_private` in config.toml.',
  },
  HTTP_UNREACHABLE: {
    meaning: 'No connection to a server came about, or it broke.',
    wayOut: 'Check the name, the network and the proxy variables (HTTP_PROXY, HTTPS_PROXY, NO_PROXY), then try again.',
  },
  HTTP_INVALID: {
    meaning: 'A server answered with something that is not legal HTTP, or sent us round in circles.',
    wayOut: 'The message says what came; a proxy or a captive portal in between is a frequent cause.',
  },
  TLS_FAILED: {
    meaning: 'A server could not prove who it is, or does not speak TLS.',
    wayOut: 'Give its authority as `ca`, or set `http` or `insecure`, in a [registry."HOST"] section of config.toml.',
  },
  NETWORK_FAILED: {
    meaning: 'A virtual machine could not be given its network.',
    wayOut: 'The message shows the last words of the program that failed; `firekiln doctor` finds out what is missing.',
  },
  NETWORK_UNFIT: {
    meaning: 'The machine driver can not give VMs the network that was asked for.',
    wayOut:
      'The message says what is missing; a CNI network (--network NAME), none, or --driver qemu needs less: docs/network.md.',
  },
  CNI_NETWORK_MISSING: {
    meaning: 'No configuration of a CNI network of that name is to be found.',
    wayOut:
      'The message lists the networks that there are and where they were looked for; `firekiln setup network machine-builds` writes one.',
  },
  CNI_CONFIG_INVALID: {
    meaning: 'The configuration of a CNI network can not be used as it stands.',
    wayOut: 'The message names the file and the key; docs/network.md has an example that works.',
  },
  CNI_PLUGIN_MISSING: {
    meaning: 'A CNI network names a plugin that is not installed.',
    wayOut: 'Install it (Debian: containernetworking-plugins), or name its folder with --cni-bin-dir.',
  },
  CNI_PLUGIN_FAILED: {
    meaning: 'A CNI plugin could not do what was asked of it; what earlier plugins had done is undone.',
    wayOut: "The message has the plugin's own words and its error code; docs/network.md says how to look at a network.",
  },
} satisfies Record<string, CodeInfo>;
