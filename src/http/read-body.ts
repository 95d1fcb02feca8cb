import { FirekilnError } from '../base/errors/firekiln-error.ts';

/** All of a small body. Throws LIMIT_EXCEEDED as soon as there is more than `maxBytes`. */
export async function readBody(body: AsyncIterable<Uint8Array>, maxBytes: number, subject: string): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.length;
    if (size > maxBytes) throw new FirekilnError('LIMIT_EXCEEDED', `${subject}: more than ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
