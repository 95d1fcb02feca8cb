import type { ControlPeer } from '../control/control-server.ts';
import type { Entrypoint } from './entrypoint.ts';

/** Input of one who is attached goes to the program, as fast as that takes it. */
export function attachInput(peer: ControlPeer, program: Entrypoint): void {
  program.onDrain(() => peer.resume());
  peer.onInput((data) => {
    if (data === undefined) program.endInput();
    else if (!program.write(data)) peer.pause();
  });
}
