import { buffer } from 'node:stream/consumers';
import { silentEmitter } from '../../src/base/events.ts';
import type { InPlaceRequest } from '../../src/build/in-place/in-place-request.ts';
import type { BaseVm } from '../../src/guest/base/base-vm.ts';
import type { Machine } from '../../src/vm/driver.ts';

/** In-place mode with everything left out. */
export const plainInPlace: InPlaceRequest = {
  user: 'debian',
  port: 22,
  keyFile: undefined,
  agentSocket: undefined,
  forwardAgent: false,
  kernel: undefined,
  kernelArgs: [],
  partuuid: undefined,
  preBuildCommands: [],
  postBuildCommands: [],
  egress: undefined,
  installer: undefined,
  shutdownGraceMs: 1000,
};

export interface FakeBaseVm extends BaseVm {
  /** What was run, with its standard input. */
  readonly ran: readonly { readonly command: string; readonly stdin: Buffer }[];
  readonly state: { isDisposed: boolean };
}

/**
 * A base that runs nothing: no file is there when it is asked, every command succeeds, but `fail N` ends with N. Its disk stays
 * as it is.
 */
export function fakeBaseVm(
  answers: { readonly pings?: boolean; readonly ends?: 'by itself' | 'stopped' } = {},
): FakeBaseVm {
  const ran: { command: string; stdin: Buffer }[] = [];
  const state = { isDisposed: false };
  return {
    machine: {} as Machine,
    emitter: silentEmitter,
    ran,
    state,
    exec: async (command, { stdin, onStderr } = {}) => {
      const input =
        stdin === undefined ? Buffer.alloc(0) : Buffer.from(stdin instanceof Uint8Array ? stdin : await buffer(stdin));
      ran.push({ command, stdin: input });
      const asked = command.includes('stat -c') ? input.toString().trimEnd().split('\n') : [];
      const exitCode = Number(/fail (\d+)/.exec(command)?.[1] ?? 0);
      if (exitCode > 0) onStderr?.(Buffer.from('so sad\n'));
      return {
        exitCode,
        signal: undefined,
        stdout: Buffer.from(asked.map(() => '-\n').join('')),
        stderr: Buffer.alloc(0),
      };
    },
    ping: async () => answers.pings ?? true,
    shutDown: async () => answers.ends ?? 'by itself',
    [Symbol.asyncDispose]: async () => {
      state.isDisposed = true;
    },
  };
}
