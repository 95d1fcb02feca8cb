import { emptyByteString } from '../src/base/byte-string.ts';
import { contentDigest } from '../src/ops/file/content-digest.ts';
import { childOf } from '../src/ops/file/paths.ts';
import type { FileSource } from '../src/source/file-source.ts';
import { DigestCache } from '../src/source/local/digest-cache.ts';
import type { FileDigests } from '../src/source/local/host-file.ts';
import { openLocalContext } from '../src/source/local/local-context.ts';
import type { ScanResult } from './context.ts';

const [root = '', database = ''] = process.argv.slice(2);
using cache = new DigestCache(database);
let readBytes = 0;
/** What is remembered was read. */
const digests: FileDigests = {
  find: (file) => cache.find(file),
  remember: (file, digest) => {
    readBytes += file.size;
    cache.remember(file, digest);
  },
};
const source = openLocalContext({ root, description: 'context', ignore: undefined, digests });

const started = performance.now();
const entries = countFrom(source, emptyByteString);
const scanMs = performance.now() - started;

const node = source.lookup(emptyByteString);
if (node === undefined) throw new Error('no context');
const everything = { path: emptyByteString, resolved: emptyByteString, node };
const keyStarted = performance.now();
await contentDigest(source, [everything], {
  include: undefined,
  exclude: undefined,
  signal: new AbortController().signal,
});
const keyMs = performance.now() - keyStarted;
console.log(JSON.stringify({ entries, scanMs, keyMs, readBytes } satisfies ScanResult));

function countFrom(files: FileSource, path: typeof emptyByteString): number {
  if (files.lookup(path)?.kind !== 'directory') return 1;
  return files.names(path).reduce((sum, name) => sum + countFrom(files, childOf(path, name)), 1);
}
