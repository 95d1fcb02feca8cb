import { Transform } from 'node:stream';

/** QEMU's `-netdev stream` (net/stream.c): each frame after its length, 32 bits, big-endian. */
const lengthBytes = 4;
/** The largest frame that QEMU sends (net/net.h, NET_BUFSIZE). */
export const maxFrameBytes = 4096 + 65_536;

/** Passes on the frames that `passes` says; a stream that is none of frames fails. */
export function createFrameStream(passes: (frame: Buffer) => boolean): Transform {
  let rest: Buffer = Buffer.alloc(0);
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      const data = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
      let at = 0;
      /** Where the frames begin that pass and are not passed on yet: neighbours go in one piece. */
      let from = 0;
      while (at + lengthBytes <= data.length) {
        const length = data.readUInt32BE(at);
        if (length > maxFrameBytes) {
          done(new Error(`a frame of ${length} bytes, more than ${maxFrameBytes}`));
          return;
        }
        const end = at + lengthBytes + length;
        if (end > data.length) break;
        if (!passes(data.subarray(at + lengthBytes, end))) {
          if (at > from) this.push(data.subarray(from, at));
          from = end;
        }
        at = end;
      }
      if (at > from) this.push(data.subarray(from, at));
      rest = data.subarray(at);
      done();
    },
  });
}
