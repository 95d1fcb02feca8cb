import { join } from 'node:path';
import { FirekilnError } from '../base/errors/firekiln-error.ts';
import type { MachineSpec } from './driver.ts';

export interface SpecLimits {
  readonly maxDrives: number;
  readonly maxVcpus: number;
  /** What a kernel and the appliance need to come up. */
  readonly minMemoryMiB: number;
  /** Names of the sockets that the driver makes in the run folder. */
  readonly socketNames: readonly string[];
}

/** sun_path of sockaddr_un(7) holds 108 bytes, one of them the terminating zero. */
const maxSocketPathBytes = 107;

/** Throws VM_SPEC_INVALID for a specification that no machine can be made of. */
export function validateSpec(spec: MachineSpec, limits: SpecLimits): void {
  if (!/^[A-Za-z0-9-]{1,60}$/.test(spec.id)) {
    throw invalid(`machine id ${JSON.stringify(spec.id)}: only letters, digits and "-", 1 to 60 of them`);
  }
  if (!Number.isInteger(spec.vcpus) || spec.vcpus < 1 || spec.vcpus > limits.maxVcpus) {
    throw invalid(`machine ${spec.id}: ${spec.vcpus} processors asked for, 1 to ${limits.maxVcpus} are possible`);
  }
  if (!Number.isInteger(spec.memoryMiB) || spec.memoryMiB < limits.minMemoryMiB) {
    throw invalid(
      `machine ${spec.id}: ${spec.memoryMiB} MiB of memory asked for, ${limits.minMemoryMiB} MiB is the least`,
    );
  }
  if (spec.drives.length > limits.maxDrives) {
    throw invalid(
      `machine ${spec.id}: ${spec.drives.length} drives asked for, this driver has room for ${limits.maxDrives}`,
    );
  }
  const ids = new Set<string>();
  for (const { id } of spec.drives) {
    if (!/^[A-Za-z0-9_]{1,20}$/.test(id)) {
      throw invalid(
        `machine ${spec.id}: drive id ${JSON.stringify(id)}: only letters, digits and "_", 1 to 20 of them`,
      );
    }
    if (ids.has(id)) throw invalid(`machine ${spec.id}: two drives with the id ${id}`);
    ids.add(id);
  }
  const hint = 'Choose a shorter run folder: XDG_RUNTIME_DIR, or --data-dir.';
  for (const name of limits.socketNames) checkSocketPath(join(spec.runDir, name), hint);
}

/** Throws VM_SPEC_INVALID for a Unix socket path that the operating system would refuse. */
export function checkSocketPath(path: string, hint: string): void {
  const bytes = Buffer.byteLength(path);
  if (bytes > maxSocketPathBytes) {
    throw invalid(`socket path ${path} has ${bytes} bytes, ${maxSocketPathBytes} are possible`, hint);
  }
}

function invalid(message: string, hint?: string): FirekilnError {
  return new FirekilnError('VM_SPEC_INVALID', message, { hint });
}
