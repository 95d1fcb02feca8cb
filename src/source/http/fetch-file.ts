import type { Digest } from '../../base/digest.ts';
import { FirekilnError } from '../../base/errors/firekiln-error.ts';
import type { Emitter } from '../../base/events.ts';
import { type HttpClient, showUrl } from '../../http/http-client.ts';
import type { ContentStore } from '../../store/store.ts';

/** What is known of a file on a server; small JSON. */
export interface RemoteFile {
  readonly digest: Digest;
  /** In bytes. */
  readonly size: number;
  readonly etag?: string;
  /** The header as it came. */
  readonly lastModified?: string;
}

export interface FetchRequest {
  readonly url: string;
  /** What the file must be; if the store has it from this URL, the server is not asked. */
  readonly checksum?: Digest | undefined;
  /** From an earlier fetch: if the server says that nothing has changed, it counts again. */
  readonly known?: RemoteFile | undefined;
}

export interface FetchContext {
  readonly client: HttpClient;
  readonly content: ContentStore;
  /** The graph node, for progress. */
  readonly node: string;
  readonly emitter: Emitter;
  readonly signal?: AbortSignal | undefined;
}

/** More than this is not fetched by an ADD. */
const maxRemoteFileBytes = 64 * 2 ** 30;
const progressEveryBytes = 1 << 20;

/** Brings a file into the content store. Throws URL_FAILED, CHECKSUM_MISMATCH, and what the client throws. */
export async function fetchFile({ url, checksum, known }: FetchRequest, context: FetchContext): Promise<RemoteFile> {
  const { client, content, signal } = context;
  // What came from elsewhere is the same file, but its time is not known.
  if (checksum !== undefined && known?.digest === checksum && (await content.has(checksum)) !== undefined) return known;
  // That nothing has changed says nothing of a checksum.
  const isWanted = known !== undefined && (checksum === undefined || known.digest === checksum);
  const usable = isWanted && (await content.has(known.digest)) !== undefined ? known : undefined;
  const response = await client.request({
    url: new URL(url),
    headers: {
      ...(usable?.etag === undefined ? {} : { 'if-none-match': usable.etag }),
      ...(usable?.etag === undefined && usable?.lastModified !== undefined
        ? { 'if-modified-since': usable.lastModified }
        : {}),
    },
    signal,
  });
  if (response.status === 304 && usable !== undefined) {
    await response.discard();
    return usable;
  }
  if (response.status !== 200) {
    await response.discard();
    throw new FirekilnError('URL_FAILED', `${showUrl(response.url)} answers with status ${response.status}`, {
      hint: response.status === 404 ? 'Check the URL: the server has no such file.' : undefined,
    });
  }
  const { etag, 'last-modified': lastModified, 'content-length': length } = response.headers;
  const total = length !== undefined && /^\d{1,15}$/.test(length) ? Number(length) : undefined;
  const body = withProgress(response.body, showUrl(response.url), total, context);
  const blob = await content.put(body, {
    ...(total === undefined ? {} : { expectedSize: total }),
    signal,
  });
  if (checksum !== undefined && blob.digest !== checksum) {
    throw new FirekilnError(
      'CHECKSUM_MISMATCH',
      `${showUrl(response.url)} has the digest ${blob.digest}, not ${checksum}`,
    );
  }
  return {
    ...blob,
    ...(etag === undefined || etag.length > 1024 ? {} : { etag }),
    ...(lastModified === undefined ? {} : { lastModified }),
  };
}

async function* withProgress(
  body: AsyncIterable<Uint8Array>,
  item: string,
  total: number | undefined,
  { node, emitter }: FetchContext,
): AsyncIterable<Uint8Array> {
  let current = 0;
  let told = 0;
  const tell = (done: boolean) =>
    emitter.emit({
      event: 'node.progress',
      node,
      item,
      current,
      unit: 'bytes',
      done,
      ...(total === undefined ? {} : { total }),
    });
  for await (const chunk of body) {
    current += chunk.length;
    if (current > maxRemoteFileBytes) {
      throw new FirekilnError('LIMIT_EXCEEDED', `${item} is larger than ${maxRemoteFileBytes} bytes`);
    }
    if (current - told >= progressEveryBytes) {
      told = current;
      tell(false);
    }
    yield chunk;
  }
  tell(true);
}
