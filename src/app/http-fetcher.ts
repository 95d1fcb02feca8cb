import { type Digest, digestOfValue, isDigest } from '../base/digest.ts';
import type { HttpNode } from '../graph/node.ts';
import { type HttpClient, showUrl } from '../http/http-client.ts';
import type { FetchOptions, HttpFetcher } from '../ops/environment.ts';
import { fetchFile, type RemoteFile } from '../source/http/fetch-file.ts';
import type { Store } from '../store/store.ts';

/** Files of HTTP servers, kept in the store with what the server said of them, so that it is only asked for changes. */
export function createHttpFetcher(client: HttpClient, store: Store): HttpFetcher {
  const fetched = new Map<string, Promise<RemoteFile>>();

  const fetchOnce = async (node: HttpNode, options: FetchOptions): Promise<RemoteFile> => {
    const key = `${node.checksum ?? ''} ${node.url}`;
    const known = fetched.get(key);
    if (known !== undefined) return await known;
    const started = fetchAndRemember(node, options);
    fetched.set(key, started);
    return await started;
  };

  const fetchAndRemember = async (node: HttpNode, options: FetchOptions): Promise<RemoteFile> => {
    const { url, checksum } = node;
    const recordKey = keyOf(url);
    const known = remoteFile((await store.cache.get(recordKey))?.value);
    const file = await fetchFile({ url, checksum, known }, { client, content: store.content, ...options });
    // A file that the store had is told without its time.
    const isSame = known?.digest === file.digest;
    const remembered = { ...(isSame ? known : {}), ...file };
    await store.cache.put(recordKey, { value: remembered, refs: [file.digest], label: `GET ${showUrl(new URL(url))}` });
    return remembered;
  };

  return {
    identify: async (node, options) => {
      if (node.checksum !== undefined) return node.checksum;
      const { digest, lastModified } = await fetchOnce(node, options);
      return `${digest} ${timeOf(lastModified) ?? ''}`;
    },
    fetch: async (node, options) => {
      const { digest, lastModified } = await fetchOnce(node, options);
      const blob = await store.content.open(digest);
      return {
        path: blob.path,
        mtimeSec: timeOf(lastModified),
        [Symbol.asyncDispose]: async () => blob[Symbol.dispose](),
      };
    },
  };
}

function keyOf(url: string): Digest {
  return digestOfValue({ kind: 'http file', url });
}

/** In seconds; undefined for what is no HTTP date. */
function timeOf(lastModified: string | undefined): number | undefined {
  const time = Date.parse(lastModified ?? '');
  return Number.isNaN(time) || time < 0 ? undefined : Math.floor(time / 1000);
}

function remoteFile(value: unknown): RemoteFile | undefined {
  const file = value as Partial<RemoteFile> | null | undefined;
  if (!isDigest(file?.digest) || typeof file.size !== 'number') return undefined;
  const { digest, size, etag, lastModified } = file;
  return {
    digest,
    size,
    ...(typeof etag === 'string' ? { etag } : {}),
    ...(typeof lastModified === 'string' ? { lastModified } : {}),
  };
}
