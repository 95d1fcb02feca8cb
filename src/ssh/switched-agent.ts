import { createConnection } from 'node:net';
import ssh2 from 'ssh2';

/** An SSH agent whose socket is named later; only ever forwarded, never asked for keys by us. */
export class SwitchedAgent extends ssh2.BaseAgent {
  socketPath: string | undefined;

  override getIdentities(callback: ssh2.IdentityCallback): void {
    callback(undefined, []);
  }

  override sign(_key: unknown, _data: Buffer, ...rest: unknown[]): void {
    const callback = rest.findLast((one) => typeof one === 'function') as ssh2.SignCallback;
    callback(new Error('this agent signs nothing'));
  }

  override getStream(callback: ssh2.GetStreamCallback): void {
    if (this.socketPath === undefined) {
      callback(new Error('no agent is forwarded'));
      return;
    }
    const socket = createConnection(this.socketPath);
    const onError = (error: Error) => callback(error);
    socket.once('error', onError);
    socket.once('connect', () => {
      socket.off('error', onError);
      socket.on('error', () => socket.destroy());
      callback(undefined, socket);
    });
  }
}
