import { parseInt32 } from '../../base/go-values.ts';
import { didYouMean } from '../../base/nearest.ts';
import { toUpper } from '../text/letter-case.ts';
import { someArguments } from './arguments.ts';
import { parseDuration } from './duration.ts';
import { type FlagText, readFlags } from './flags.ts';
import type { HealthcheckInstruction } from './instruction.ts';
import { instructionFault, type ReadContext } from './instruction-fault.ts';
import { readHead } from './read-head.ts';

const minimumNanoseconds = 1_000_000;

const healthcheckFlags = {
  interval: 'text',
  timeout: 'text',
  'start-period': 'text',
  'start-interval': 'text',
  retries: 'text',
} as const;

export function readHealthcheck(context: ReadContext): HealthcheckInstruction {
  const [kind, ...words] = someArguments(context, 'HEALTHCHECK CMD command or HEALTHCHECK NONE');
  const type = toUpper(kind?.value ?? '');
  const head = readHead(context);
  if (type === 'NONE') {
    // Flags are accepted and ignored here, as BuildKit does.
    if (words.length > 0) throw instructionFault(context, 'HEALTHCHECK NONE takes no arguments', words[0]);
    return { kind: 'healthcheck', ...head, healthcheck: { Test: ['NONE'] } };
  }
  const flags = readFlags(context, healthcheckFlags);
  if (type !== 'CMD') {
    throw instructionFault(context, `HEALTHCHECK has the kind ${JSON.stringify(type)}; expected CMD or NONE`, kind, {
      hint: didYouMean(type, ['CMD', 'NONE']),
    });
  }
  if (words.length === 0) throw instructionFault(context, 'HEALTHCHECK CMD has no command behind it', kind);
  const duration = (name: string, flag: FlagText | undefined): number => readDuration(context, name, flag);
  return {
    kind: 'healthcheck',
    ...head,
    healthcheck: {
      Test: [context.node.json ? 'CMD' : 'CMD-SHELL', ...words.map((word) => word.value)],
      Interval: duration('interval', flags.interval),
      Timeout: duration('timeout', flags.timeout),
      StartPeriod: duration('start-period', flags['start-period']),
      StartInterval: duration('start-interval', flags['start-interval']),
      Retries: readRetries(context, flags.retries),
    },
  };
}

/** In nanoseconds; 0 means that the default applies. */
function readDuration(context: ReadContext, name: string, flag: FlagText | undefined): number {
  if (flag === undefined || flag.value === '') return 0;
  const value = parseDuration(flag.value);
  if (value === 0) return 0;
  if (value === undefined || value < minimumNanoseconds || value > Number.MAX_SAFE_INTEGER) {
    throw instructionFault(
      context,
      `HEALTHCHECK has --${name}=${flag.value}; expected a duration of 1ms to 2500h, such as 30s or 1m30s`,
      flag.token,
      { part: [flag.value] },
    );
  }
  return value;
}

function readRetries(context: ReadContext, flag: FlagText | undefined): number {
  if (flag === undefined || flag.value === '') return 0;
  const value = parseInt32(flag.value);
  if (value === undefined || value < 0) {
    throw instructionFault(
      context,
      `HEALTHCHECK has --retries=${flag.value}; expected a number that is not negative`,
      flag.token,
      { part: [flag.value] },
    );
  }
  return value;
}
