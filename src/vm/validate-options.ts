import { FirekilnError } from '../base/errors/firekiln-error.ts';
import { askedOptions, optionNames } from './asked-options.ts';
import type { DriverCapabilities, MachineSpec } from './driver.ts';
import { type RateLimit, staticCpuTemplates, type TokenBucket } from './machine-options.ts';

/** Linux, init/do_mounts.c (`PARTUUID=`): a UUID, or the 32-bit disk signature and a number, and an offset. */
const partuuidPattern = /^[A-Za-z0-9-]{1,36}(?:\/PARTNROFF=-?[0-9]{1,3})?$/;

/** Throws VM_UNSUPPORTED for what the driver lacks, VM_SPEC_INVALID for values that mean nothing. */
export function validateOptions(spec: MachineSpec, driver: string, capabilities: DriverCapabilities): void {
  const lacks = (what: string) =>
    new FirekilnError('VM_UNSUPPORTED', `machine ${spec.id}: the driver ${driver} has no ${what}`, {
      hint: 'docs/drivers.md lists what each driver has.',
    });
  for (const option of askedOptions(spec)) {
    if (!capabilities.options.includes(option)) throw lacks(optionNames[option]);
  }
  if (!capabilities.snapshot && (spec.trackChanges === true || spec.restore !== undefined)) throw lacks('snapshots');
  checkValues(spec);
  for (const [where, limit] of rateLimits(spec)) checkRateLimit(spec.id, where, limit);
}

function checkValues({ id, balloon, cpuTemplate, drives, memoryMiB, metadata, network, rootDrive }: MachineSpec): void {
  if (balloon !== undefined && !isCount(balloon.amountMiB, memoryMiB)) {
    throw invalid(id, `a balloon of ${balloon.amountMiB} MiB does not fit ${memoryMiB} MiB of memory`);
  }
  if (balloon?.statsIntervalS !== undefined && !isCount(balloon.statsIntervalS, 65_535)) {
    throw invalid(id, `${balloon.statsIntervalS} s are no interval for the balloon's statistics`);
  }
  if (typeof cpuTemplate === 'string' && !staticCpuTemplates.includes(cpuTemplate)) {
    throw invalid(id, `no CPU template ${JSON.stringify(cpuTemplate)}; there are ${staticCpuTemplates.join(', ')}`);
  }
  if (rootDrive !== undefined && drives.length === 0)
    throw invalid(id, 'a root drive is asked for, and no drive given');
  if (rootDrive?.partuuid !== undefined && !partuuidPattern.test(rootDrive.partuuid)) {
    throw invalid(id, `${JSON.stringify(rootDrive.partuuid)} is not the UUID of a partition`);
  }
  if (metadata !== undefined && network === undefined) throw invalid(id, 'the metadata service needs a network');
}

function* rateLimits(spec: MachineSpec): Iterable<[string, RateLimit | undefined]> {
  yield ['the entropy device', spec.entropyRateLimit];
  yield ['what the network receives', spec.networkRateLimits?.receive];
  yield ['what the network sends', spec.networkRateLimits?.send];
  for (const { id, rateLimit } of spec.drives) yield [`the drive ${id}`, rateLimit];
}

/** Throws VM_SPEC_INVALID. */
export function checkRateLimit(machineId: string, where: string, limit: RateLimit | undefined): void {
  for (const [what, bucket] of Object.entries({ bandwidth: limit?.bandwidth, operations: limit?.operations })) {
    if (bucket !== undefined && !isBucket(bucket)) {
      throw invalid(machineId, `the limit of ${what} for ${where} is no token bucket: ${JSON.stringify(bucket)}`);
    }
  }
}

function isBucket({ size, refillMs, burst = 0 }: TokenBucket): boolean {
  const most = Number.MAX_SAFE_INTEGER;
  return size > 0 && refillMs > 0 && isCount(size, most) && isCount(refillMs, most) && isCount(burst, most);
}

function isCount(value: number, most: number): boolean {
  return Number.isSafeInteger(value) && value >= 0 && value <= most;
}

function invalid(id: string, why: string): FirekilnError {
  return new FirekilnError('VM_SPEC_INVALID', `machine ${id}: ${why}`);
}
