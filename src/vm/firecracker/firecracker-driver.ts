import { FirekilnError } from '../../base/errors/firekiln-error.ts';
import { optionNames } from '../asked-options.ts';
import type { DriverCapabilities, MachineDriver } from '../driver.ts';
import { VmmMachine } from '../machine.ts';
import type { MachineOption } from '../machine-options.ts';
import { validateOptions } from '../validate-options.ts';
import { checkSocketPath, validateSpec } from '../validate-spec.ts';
import { FirecrackerVmm, socketNames } from './firecracker-vmm.ts';
import type { JailOptions } from './jail/jail-options.ts';
import { JailPlace, jailIdentity } from './jail/jail-place.ts';
import { firecrackerKernelArgs } from './kernel-args.ts';
import { PlainPlace } from './plain-place.ts';
import { snapshotFormatOf } from './snapshot-format.ts';

export interface FirecrackerDriverOptions {
  /** Path of firecracker, 1.12 or newer. */
  readonly binary: string;
  /** In a jail of Firecracker's jailer, which needs root; without one if absent. */
  readonly jail?: JailOptions | undefined;
}

/** Interrupt lines for virtio devices in Firecracker 1.12 on x86, one per device. */
const virtioDevices = 18;
/** vsock, entropy, network. */
const ownDevices = 3;
/** src/vmm/src/vmm_config/machine_config.rs, MAX_SUPPORTED_VCPUS. */
const maxVcpus = 32;

/**
 * Starts machines with Firecracker, which needs a /dev/kvm that works. A machine ends when its guest resets; asked politely to stop, it gets Ctrl-Alt-Del.
 */
export function createFirecrackerDriver({ binary, jail }: FirecrackerDriverOptions): MachineDriver {
  const snapshotFormat = snapshotFormatOf(binary);
  const capabilities: DriverCapabilities = {
    maxDrives: virtioDevices - ownDevices,
    controlTransport: 'vsock',
    endsOn: 'reset',
    rootless: jail === undefined,
    accelerated: true,
    networks: ['tap'],
    pause: true,
    snapshot: true,
    inspect: true,
    options: Object.keys(optionNames) as MachineOption[],
    kernelArgs: firecrackerKernelArgs,
    consoleDevice: 'ttyS0',
    kernelNeeds: [],
    unfitKernelArgs: [],
    drivePrefix: 'vd',
  };
  return {
    name: 'firecracker',
    capabilities,
    create: async (spec) => {
      const maxDrives = capabilities.maxDrives - (spec.balloon === undefined ? 0 : 1);
      validateSpec(spec, { maxDrives, maxVcpus, minMemoryMiB: 64, socketNames });
      validateOptions(spec, 'firecracker', capabilities);
      if (spec.network !== undefined && spec.network.kind !== 'tap') {
        throw new FirekilnError('VM_SPEC_INVALID', `machine ${spec.id}: Firecracker can't use a ${spec.network.kind}`, {
          hint: 'It plugs into a tap device, as the CNI network makes them.',
        });
      }
      const place = jail === undefined ? new PlainPlace(spec, binary) : await JailPlace.of(spec, binary, jail);
      const hint =
        'A jail has the path of its --chroot-base, the name of firecracker and the id: choose a shorter base.';
      for (const name of socketNames) checkSocketPath(place.socket(name).host, hint);
      return new VmmMachine(spec, new FirecrackerVmm(spec, place, snapshotFormat));
    },
    ...(jail === undefined ? {} : { tapOwner: (machineId: string) => jailIdentity(machineId, jail) }),
  };
}
