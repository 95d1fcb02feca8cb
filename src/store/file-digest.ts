import { createReadStream } from 'node:fs';
import { type Digest, Digester } from '../base/digest.ts';

/** The digest of what a file holds now, unchecked. */
export async function digestOfFile(path: string): Promise<Digest> {
  const digester = new Digester();
  for await (const chunk of createReadStream(path, { highWaterMark: 1024 * 1024 })) digester.update(chunk as Buffer);
  return digester.digest();
}
