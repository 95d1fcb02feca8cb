import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Digest, sha256 } from '../../src/base/digest.ts';
import { serveHttp, type TestServer } from './http-server.ts';

/** A request to a fake registry; `kind` and `name` are those of the path below `/v2/<repository>/`. */
export interface FakeRequest {
  readonly kind: 'manifests' | 'blobs' | 'other';
  readonly name: string;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

export interface FakeRegistry extends TestServer {
  /** `127.0.0.1:PORT`. */
  readonly host: string;
  /** `METHOD /path` of every request. */
  readonly log: string[];
  putBlob(bytes: Uint8Array): Digest;
  putManifest(tag: string, json: unknown, type?: string): Digest;
}

/**
 * A registry that serves what is put into it, honours ranges, and misbehaves where `intercept` says so: true means
 * that it has answered.
 */
export async function serveFakeRegistry(
  intercept: (request: FakeRequest) => boolean | undefined = () => false,
): Promise<FakeRegistry> {
  const blobs = new Map<string, Uint8Array>();
  const manifests = new Map<string, { readonly bytes: Uint8Array; readonly type: string }>();
  const log: string[] = [];
  const server = await serveHttp((request, response) => {
    const url = new URL(request.url ?? '/', 'http://x');
    log.push(`${request.method} ${url.pathname}${url.search}`);
    const match = /^\/v2\/.+\/(manifests|blobs)\/([^/]+)$/.exec(url.pathname);
    const kind = match?.[1] === 'manifests' ? 'manifests' : match?.[1] === 'blobs' ? 'blobs' : 'other';
    const name = match?.[2] ?? url.pathname;
    if (intercept({ kind, name, request, response }) === true) return;
    const manifest = kind === 'manifests' ? manifests.get(name) : undefined;
    const bytes = manifest?.bytes ?? (kind === 'blobs' ? blobs.get(name) : undefined);
    if (bytes === undefined) {
      response.writeHead(404, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ errors: [{ code: 'NAME_UNKNOWN', message: 'not here' }] }));
      return;
    }
    const start = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
    response.writeHead(start > 0 ? 206 : 200, {
      'content-type': manifest?.type ?? 'application/octet-stream',
      'content-length': bytes.length - start,
      'docker-content-digest': sha256(bytes),
      ...(start > 0 ? { 'content-range': `bytes ${start}-${bytes.length - 1}/${bytes.length}` } : {}),
    });
    response.end(bytes.subarray(start));
  });
  return {
    ...server,
    host: server.origin.slice('http://'.length),
    log,
    putBlob: (bytes) => {
      blobs.set(sha256(bytes), bytes);
      return sha256(bytes);
    },
    putManifest: (tag, json, type = 'application/vnd.oci.image.manifest.v1+json') => {
      const bytes = Buffer.from(typeof json === 'string' ? json : JSON.stringify(json));
      manifests.set(tag, { bytes, type }).set(sha256(bytes), { bytes, type });
      return sha256(bytes);
    },
    [Symbol.asyncDispose]: async () => {
      await server[Symbol.asyncDispose]();
    },
  };
}
