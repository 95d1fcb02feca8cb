import { isFirekilnError } from '../../base/errors/firekiln-error.ts';
import { didYouMean } from '../../base/nearest.ts';
import type { Token } from '../syntax/tree.ts';
import { readDevice } from './device.ts';
import { type FlagText, readFlags } from './flags.ts';
import type { RunInstruction } from './instruction.ts';
import { instructionFault, type ReadContext } from './instruction-fault.ts';
import { readCommandLine } from './read-command.ts';
import { readHead } from './read-head.ts';
import { readMountFlag } from './read-mount-flag.ts';

const runFlags = { mount: 'list', network: 'text', security: 'text', device: 'list' } as const;

export function readRun(context: ReadContext): RunInstruction {
  const flags = readFlags(context, runFlags);
  return {
    kind: 'run',
    ...readHead(context),
    command: readCommandLine(context.node),
    files: context.node.heredocs.map(({ name, content, chomp }) => ({ name, data: content, chomp })),
    devices: flags.device.map((flag) => placed(context, flag.token, () => readDevice(flag.value))),
    mountFlags: flags.mount.map((flag) => placed(context, flag.token, () => readMountFlag(flag))),
    mounts: [],
    network: oneOf(context, flags.network, 'network', ['default', 'none', 'host']),
    security: oneOf(context, flags.security, 'security', ['sandbox', 'insecure']),
  };
}

/** The first of the known values is the default. */
function oneOf<const T extends string>(
  context: ReadContext,
  flag: FlagText | undefined,
  name: string,
  known: readonly [T, ...T[]],
): T {
  if (flag === undefined) return known[0];
  const found = known.find((value) => value === flag.value);
  if (found !== undefined) return found;
  throw instructionFault(
    context,
    `RUN has --${name}=${JSON.stringify(flag.value)}; expected one of ${known.join(', ')}`,
    flag.token,
    { hint: didYouMean(flag.value, known), part: [flag.value] },
  );
}

function placed<T>(context: ReadContext, token: Token, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!isFirekilnError(error)) throw error;
    throw instructionFault(context, error.message, token, { hint: error.hint, part: error.about });
  }
}
