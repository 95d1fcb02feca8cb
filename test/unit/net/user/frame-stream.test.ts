import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createFrameStream, maxFrameBytes } from '../../../../src/net/user/frame-stream.ts';

const isEven = (frame: Buffer) => ((frame[0] ?? 0) & 1) === 0;

function encode(frames: readonly Uint8Array[]): Buffer {
  return Buffer.concat(
    frames.flatMap((frame) => {
      const head = Buffer.alloc(4);
      head.writeUInt32BE(frame.length);
      return [head, frame];
    }),
  );
}

async function pass(chunks: readonly Uint8Array[]): Promise<Buffer> {
  const stream = createFrameStream(isEven);
  const out = stream.toArray();
  for (const chunk of chunks) stream.write(chunk);
  stream.end();
  return Buffer.concat((await out) as Buffer[]);
}

it('passes on exactly the frames that pass, however the stream is cut', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.uint8Array({ minLength: 1, maxLength: 60 }), { maxLength: 30 }),
      fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1, maxLength: 50 }),
      async (frames, sizes) => {
        const whole = encode(frames);
        const chunks: Buffer[] = [];
        for (let at = 0, i = 0; at < whole.length; i++) {
          const size = sizes[i % sizes.length] ?? 1;
          chunks.push(whole.subarray(at, at + size));
          at += size;
        }
        expect(await pass(chunks)).toEqual(encode(frames.filter((frame) => isEven(Buffer.from(frame)))));
      },
    ),
  );
});

it('fails on a length that no frame has', async () => {
  const head = Buffer.alloc(4);
  head.writeUInt32BE(maxFrameBytes + 1);
  await expect(pass([head])).rejects.toThrow(/frame of \d+ bytes/);
});
