import type { DriverCapabilities, MachineDriver } from '../driver.ts';
import { VmmMachine } from '../machine.ts';
import { validateOptions } from '../validate-options.ts';
import { validateSpec } from '../validate-spec.ts';
import { type QemuAcceleration, qemuKernelArgs, qemuLimits } from './command-line.ts';
import { socketNames } from './qemu-folder.ts';
import { QemuVmm } from './qemu-vmm.ts';

export interface QemuDriverOptions {
  /** Path of qemu-system-x86_64. */
  readonly binary: string;
  readonly acceleration: QemuAcceleration;
}

/**
 * Starts machines with QEMU's microvm machine type. Needs no root. A machine ends when its guest resets or powers off;
 * asked politely to stop, it gets an ACPI power button.
 */
export function createQemuDriver({ binary, acceleration }: QemuDriverOptions): MachineDriver {
  const capabilities: DriverCapabilities = {
    maxDrives: qemuLimits.maxDrives,
    controlTransport: 'virtio-serial',
    endsOn: 'poweroff-or-reset',
    rootless: true,
    accelerated: acceleration.kind === 'kvm',
    networks: ['stream-socket', 'tap'],
    pause: true,
    snapshot: false,
    inspect: false,
    options: ['root-drive'],
    kernelArgs: qemuKernelArgs(acceleration),
    consoleDevice: 'ttyS0',
    kernelNeeds: ['pvh', 'acpi'],
    unfitKernelArgs: ['noapic', 'acpi=off'],
    drivePrefix: 'vd',
  };
  return {
    name: 'qemu',
    capabilities,
    create: async (spec) => {
      validateSpec(spec, { ...qemuLimits, socketNames });
      validateOptions(spec, 'qemu', capabilities);
      return new VmmMachine(spec, new QemuVmm(spec, { binary, acceleration }));
    },
  };
}
