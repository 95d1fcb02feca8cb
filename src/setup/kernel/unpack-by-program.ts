import { FirekilnError } from '../../base/errors/firekiln-error.ts';
import { runProcess } from '../../base/process.ts';
import type { Unpacker } from '../../formats/kernel/unpack-kernel.ts';

/** What Node can't unpack itself. */
const programs: Partial<Record<Parameters<Unpacker>[0], readonly [string, ...string[]]>> = {
  xz: ['xz', '-dc'],
  lzma: ['xz', '--format=lzma', '-dc'],
  bzip2: ['bzip2', '-dc'],
  lzo: ['lzop', '-dc'],
};

/** Unpacks the kernel's payload with the system's tools. */
export const unpackByProgram: Unpacker = async (packing, packed, maxBytes) => {
  const [program, ...args] = programs[packing] ?? ['cat'];
  const chunks: Buffer[] = [];
  let size = 0;
  await runProcess(program, {
    args,
    stdin: packed,
    stdout: {
      each: (chunk) => {
        size += chunk.length;
        if (size > maxBytes) {
          throw new FirekilnError('LIMIT_EXCEEDED', `the kernel unpacks to more than ${maxBytes} bytes`);
        }
        chunks.push(chunk);
      },
    },
    timeoutMs: 120_000,
  });
  return Buffer.concat(chunks);
};
