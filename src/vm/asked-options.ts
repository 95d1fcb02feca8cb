import type { MachineSpec } from './driver.ts';
import type { MachineOption } from './machine-options.ts';

/** How options are called in messages. */
export const optionNames: Readonly<Record<MachineOption, string>> = {
  'cpu-template': 'CPU template',
  smt: 'simultaneous multithreading',
  'huge-pages': 'huge pages',
  balloon: 'balloon',
  'entropy-rate-limit': 'rate limit for the entropy device',
  metadata: 'metadata service',
  metrics: 'metrics',
  'root-drive': 'root drive',
  'network-rate-limits': 'rate limits for the network',
  'drive-rate-limit': 'rate limit for drives',
  'io-engine': 'choice of the I/O engine',
};

/** The optional parts of a specification that it asks for. */
export function askedOptions(spec: MachineSpec): MachineOption[] {
  const asked: Readonly<Record<MachineOption, boolean>> = {
    'cpu-template': spec.cpuTemplate !== undefined,
    smt: spec.smt === true,
    'huge-pages': spec.hugePages !== undefined,
    balloon: spec.balloon !== undefined,
    'entropy-rate-limit': spec.entropyRateLimit !== undefined,
    metadata: spec.metadata !== undefined,
    metrics: spec.metrics === true,
    'root-drive': spec.rootDrive !== undefined,
    'network-rate-limits': spec.networkRateLimits !== undefined,
    'drive-rate-limit': spec.drives.some(({ rateLimit }) => rateLimit !== undefined),
    'io-engine': spec.drives.some(({ ioEngine }) => ioEngine !== undefined),
  };
  return (Object.keys(asked) as MachineOption[]).filter((option) => asked[option]);
}
