import { type Digest, sha256 } from '../base/digest.ts';
import { FirekilnError, isFirekilnError } from '../base/errors/firekiln-error.ts';
import type { Emitter } from '../base/events.ts';
import type { Descriptor } from '../formats/oci/image.ts';
import { maxManifestBytes } from '../formats/oci/limits.ts';
import { indexTypes, manifestTypes } from '../formats/oci/media-types.ts';
import { formatReference, type ImageReference } from '../formats/oci/reference.ts';
import type { HttpClient, HttpResponse } from '../http/http-client.ts';
import type { Pace } from '../http/minimum-pace.ts';
import { readBody } from '../http/read-body.ts';
import type { CredentialSource } from './credentials.ts';
import { type Endpoint, endpointsOf } from './endpoint.ts';
import type { RegistrySettings } from './registry-settings.ts';
import { RegistryTransport } from './registry-transport.ts';
import { downloadResumed } from './resumed-download.ts';
import type { RetryPolicy } from './retry-policy.ts';

export interface RegistryClientOptions {
  /** Belongs to the caller, who closes it. */
  readonly http: HttpClient;
  readonly settings: RegistrySettings;
  readonly credentials: CredentialSource;
  readonly emitter: Emitter;
  readonly retry?: Partial<RetryPolicy>;
  readonly pace?: Pace;
}

/** A manifest or an index as a registry has it. */
export interface FetchedManifest {
  readonly bytes: Uint8Array;
  /** Computed, and equal to what the reference or the registry says. */
  readonly digest: Digest;
  /** The Content-Type, to be judged against the content. */
  readonly claimedType: string | undefined;
  /** Where it came from: blobs are asked for there first. */
  readonly endpoint: Endpoint;
}

const accept = [...manifestTypes, ...indexTypes].join(', ');

/** Reads images of registries (OCI distribution spec v1.1), through mirrors where the configuration names some. */
export class RegistryClient {
  readonly #settings: RegistrySettings;
  readonly #emitter: Emitter;
  readonly #transport: RegistryTransport;
  readonly #pace: Pace | undefined;

  constructor(options: RegistryClientOptions) {
    this.#settings = options.settings;
    this.#emitter = options.emitter;
    this.#pace = options.pace;
    this.#transport = new RegistryTransport({
      http: options.http,
      credentials: options.credentials,
      retry: options.retry,
      onRetry: (host, reason, pauseMs) => {
        options.emitter.message('info', `${host}: ${reason}; trying again in ${(pauseMs / 1000).toFixed(1)} s`);
      },
    });
  }

  /** The manifest or index of a reference; undefined if the registry (and no mirror) has it. */
  async manifest(reference: ImageReference, signal?: AbortSignal): Promise<FetchedManifest | undefined> {
    const target = `manifests/${reference.digest ?? reference.tag ?? 'latest'}`;
    return await this.#firstThatHas(endpointsOf(reference.domain, this.#settings), reference, async (endpoint) => {
      const response = await this.#get(endpoint, reference, target, { accept }, [200, 404], signal);
      if (response.status === 404) {
        await response.discard();
        return undefined;
      }
      const subject = `manifest of ${formatReference(reference)} at ${endpoint.host}`;
      const bytes = await readBody(response.body, maxManifestBytes, subject);
      const digest = sha256(bytes);
      const promised = reference.digest ?? response.headers['docker-content-digest'];
      if (promised?.startsWith('sha256:') === true && promised !== digest) {
        throw new FirekilnError('DIGEST_MISMATCH', `${subject}: its digest is ${digest}, not ${promised}`);
      }
      return { bytes, digest, claimedType: response.headers['content-type'], endpoint };
    });
  }

  /**
   * The bytes of a blob: as many as the descriptor says, resumed after breaks; their digest is for the caller to
   * verify. Throws BLOB_MISSING if no place has it.
   */
  async *blob(
    reference: ImageReference,
    descriptor: Pick<Descriptor, 'digest' | 'size'>,
    options: { readonly from?: Endpoint | undefined; readonly signal?: AbortSignal | undefined } = {},
  ): AsyncGenerator<Uint8Array, void, undefined> {
    const { from, signal } = options;
    const all = endpointsOf(reference.domain, this.#settings);
    const first = from === undefined ? [] : [from];
    const endpoints = [...first, ...all.filter(({ host, prefix }) => host !== from?.host || prefix !== from.prefix)];
    const subject = `blob ${descriptor.digest} of ${formatReference(reference)}`;
    yield* downloadResumed({
      subject,
      size: descriptor.size,
      open: async (offset) => {
        const headers: Record<string, string> = offset === 0 ? {} : { range: `bytes=${offset}-` };
        const response = await this.#firstThatHas(endpoints, reference, async (endpoint) => {
          const answer = await this.#get(
            endpoint,
            reference,
            `blobs/${descriptor.digest}`,
            headers,
            [200, 206, 404],
            signal,
          );
          if (answer.status !== 404) return answer;
          await answer.discard();
          return undefined;
        });
        if (response !== undefined) return response;
        throw new FirekilnError('BLOB_MISSING', `${subject}: ${reference.domain} does not have it`, {
          hint: 'The image at the registry is incomplete: push it again.',
        });
      },
      pause: async (reason, pauseMs) => {
        await this.#transport.pause(reference.domain, reason, pauseMs, signal);
      },
      retry: this.#transport.retryPolicy,
      pace: this.#pace,
    });
  }

  /** A mirror that fails is passed over with a line; the registry itself has the last word. */
  async #firstThatHas<T>(
    endpoints: readonly Endpoint[],
    reference: ImageReference,
    ask: (endpoint: Endpoint) => Promise<T | undefined>,
  ): Promise<T | undefined> {
    for (const [i, endpoint] of endpoints.entries()) {
      try {
        const found = await ask(endpoint);
        if (found !== undefined) return found;
      } catch (error) {
        const isLast = i === endpoints.length - 1;
        if (isLast || !isFirekilnError(error) || error.code === 'ABORTED') throw error;
        this.#emitter.message('warn', `${endpoint.host} passed over for ${reference.path}: ${error.message}`);
      }
    }
    return undefined;
  }

  async #get(
    endpoint: Endpoint,
    reference: ImageReference,
    target: string,
    headers: Readonly<Record<string, string>>,
    expect: readonly number[],
    signal: AbortSignal | undefined,
  ): Promise<HttpResponse> {
    return await this.#transport.request({
      endpoint,
      path: reference.path,
      scopes: [`repository:${reference.path}:pull`],
      doing: `pulling ${formatReference(reference)}`,
      target,
      headers,
      expect,
      signal,
    });
  }
}
