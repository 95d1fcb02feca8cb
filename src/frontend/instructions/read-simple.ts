import { trimSpace } from '../../base/white-space.ts';
import { onlyArgument, someArguments } from './arguments.ts';
import { readFlags, takesNoFlags } from './flags.ts';
import type {
  ExposeInstruction,
  MaintainerInstruction,
  StopsignalInstruction,
  UserInstruction,
  VolumeInstruction,
  WorkdirInstruction,
} from './instruction.ts';
import { instructionFault, type ReadContext } from './instruction-fault.ts';
import { readHead } from './read-head.ts';

export function readExpose(context: ReadContext): ExposeInstruction {
  const ports = someArguments(context, 'EXPOSE port or EXPOSE port/protocol').map((arg) => arg.value);
  readFlags(context, takesNoFlags);
  return { kind: 'expose', ...readHead(context), ports: ports.sort() };
}

export function readMaintainer(context: ReadContext): MaintainerInstruction {
  const maintainer = onlyArgument(context, 'a name');
  readFlags(context, takesNoFlags);
  return { kind: 'maintainer', ...readHead(context), maintainer };
}

/** Flags of STOPSIGNAL are accepted and ignored, as BuildKit does. */
export function readStopsignal(context: ReadContext): StopsignalInstruction {
  return { kind: 'stopsignal', ...readHead(context), signal: onlyArgument(context, 'a signal such as SIGTERM') };
}

export function readUser(context: ReadContext): UserInstruction {
  const user = onlyArgument(context, 'user or user:group');
  readFlags(context, takesNoFlags);
  return { kind: 'user', ...readHead(context), user };
}

export function readVolume(context: ReadContext): VolumeInstruction {
  const args = someArguments(context, 'VOLUME path or VOLUME ["path", "path"]');
  readFlags(context, takesNoFlags);
  const paths = args.map((arg) => {
    const path = trimSpace(arg.value);
    if (path === '') throw instructionFault(context, 'VOLUME has an empty path', arg);
    return path;
  });
  return { kind: 'volume', ...readHead(context), paths };
}

export function readWorkdir(context: ReadContext): WorkdirInstruction {
  const path = onlyArgument(context, 'a path');
  readFlags(context, takesNoFlags);
  return { kind: 'workdir', ...readHead(context), path };
}
