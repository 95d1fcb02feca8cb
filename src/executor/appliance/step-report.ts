import type { ErrorCode } from '../../base/errors/codes.ts';
import { FirekilnError } from '../../base/errors/firekiln-error.ts';

/** What the guest says of a step that has ended. */
export interface StepReport {
  readonly exitCode: number;
  readonly oomKilled: boolean;
  /** Of the scratch disk; undefined if the step did not come so far. */
  readonly freeBytes: number | undefined;
  readonly freeInodes: number | undefined;
  /** Why the command was not started, or could not be cleaned up after. */
  readonly error: FirekilnError | undefined;
}

const codes: Readonly<Record<string, ErrorCode>> = {
  user: 'STEP_USER_UNKNOWN',
  mount: 'STEP_MOUNT_IMPOSSIBLE',
  cwd: 'STEP_FOLDER_IMPOSSIBLE',
};

/** Reads the last line of guest/step, without its token. */
export function parseStepReport(line: string): StepReport {
  const fields = new Map(
    line
      .trim()
      .split(' ')
      .map((field) => [field.slice(0, field.indexOf('=')), field.slice(field.indexOf('=') + 1)]),
  );
  const exitCode = Number.parseInt(fields.get('exit') ?? '', 10);
  if (Number.isNaN(exitCode)) {
    throw new FirekilnError('STEP_SETUP_FAILED', 'the virtual machine did not say how the step ended', {
      details: [line.slice(0, 200)],
    });
  }
  const [, blocks, blockSize, inodes] = /^(\d+)\*(\d+),(\d+)$/.exec(fields.get('free') ?? '') ?? [];
  const message = Buffer.from(fields.get('message') ?? '', 'base64').toString();
  return {
    exitCode,
    oomKilled: Number.parseInt(fields.get('oom') ?? '0', 10) > 0,
    freeBytes: blocks === undefined ? undefined : Number(blocks) * Number(blockSize),
    freeInodes: inodes === undefined ? undefined : Number(inodes),
    error: message === '' ? undefined : reportedError(message),
  };
}

/** The first word of the message is its kind. */
function reportedError(message: string): FirekilnError {
  const [first = '', ...more] = message.trim().split('\n');
  const kind = first.slice(0, first.indexOf(' ') + 1 || undefined).trim();
  const text = first.slice(kind.length).trim();
  return new FirekilnError(codes[kind] ?? 'STEP_SETUP_FAILED', text === '' ? 'the step could not be set up' : text, {
    ...(more.length > 0 && { details: more.slice(0, 20) }),
  });
}
