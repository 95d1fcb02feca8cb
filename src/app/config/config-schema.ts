import { isDomain } from '../../formats/oci/reference.ts';
import {
  type ConfigValues,
  choice,
  count,
  flag,
  list,
  named,
  number,
  size,
  table,
  text,
  texts,
} from './config-reader.ts';

const registryKeys = {
  mirrors: texts('Registries asked before this one, as `host[:port][/path]`.'),
  http: flag('Plain HTTP. By default true for loopback hosts without `ca` and `keypair`, false for all others.'),
  insecure: flag('https without verification of the certificate, and plain HTTP where there is no https.'),
  ca: texts('Files with certificates of authorities, in PEM; trusted beside those of the system.', 'a list of files'),
  keypair: list(
    table({
      cert: text('File with the client certificate, in PEM.', 'a file'),
      key: text('File with its key, in PEM.', 'a file'),
    }),
  ),
};

/** Everything that config.toml may say. docs/configuration.md is made from this. */
export const configSchema = {
  registry: named('the host of a registry', isDomain, table(registryKeys)),
  sources: table({
    allow_private: flag(
      'Whether FROM, ADD and git may fetch from loopback and private addresses; true by default. Set it to false on a host that builds Dockerfiles of others. Registries named in this file are always allowed, link-local addresses never.',
    ),
  }),
  build: table({
    parallelism: count(
      'How many VMs may run steps at the same time, those of other builds of the same user included. By default as many as two virtual processors for each core and 3/4 of the memory allow.',
    ),
    memory: size('Memory of each VM that runs a step.'),
    cpus: count('Virtual CPUs of each VM that runs a step.'),
  }),
  vm: table({
    driver: choice('The machine driver, as `--driver`.', ['auto', 'qemu', 'firecracker']),
    memory: size('Memory of a VM that `firekiln run` starts.'),
    cpus: count('Virtual CPUs of a VM that `firekiln run` starts.'),
    boot_seconds: count(
      'How long a guest may take to come up. By default 30 with KVM, 90 where guests are emulated; hosts that are slow virtual machines themselves need more.',
    ),
    binary_firecracker: text('Firecracker, as `--binary-firecracker`.', 'a file'),
    binary_jailer: text("Firecracker's jailer, as `--binary-jailer`.", 'a file'),
    jailer: flag('Whether root puts VMs in Firecracker into jails; true by default. False is `--no-jailer`.'),
    chroot_base: text('The folder of jails, as `--chroot-base`; /srv/jailer by default.', 'a folder'),
    jailer_uid: number('The user of all jailed VMs, as `--jailer-uid`. By default each has a user of its own.'),
    jailer_gid: number('The group of all jailed VMs, as `--jailer-gid`. By default each has a group of its own.'),
    jailer_numa_node: number('The NUMA node of jailed VMs, as `--jailer-numa-node`.'),
    require_kvm: flag('Refuse to emulate where hardware virtualisation does not work, as `--require-kvm`.'),
  }),
  log: table({
    level: choice('The least important messages to show, as `--log-level`.', [
      'trace',
      'debug',
      'info',
      'warn',
      'error',
    ]),
    json: flag('One JSON object per event on standard error, as `--log-as-json`.'),
  }),
  network: table({
    default: text(
      'The network of VMs where `--network` names none: a CNI network, or `user` or `none`. By default `user` where the driver can use it.',
      'a name',
    ),
    cni_bin_dir: text('Where CNI plugins are looked for, as `--cni-bin-dir`.', 'a folder'),
    cni_conf_dir: text('Where CNI network configurations are looked for, as `--cni-conf-dir`.', 'a folder'),
    cni_cache_dir: text('Where results of CNI plugins are kept, as `--cni-cache-dir`.', 'a folder'),
  }),
};

export type Config = ConfigValues<typeof configSchema>;
export type RegistrySection = ConfigValues<typeof registryKeys>;
