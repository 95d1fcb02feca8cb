import { abortError } from '../../../base/abort.ts';
import { FirekilnError } from '../../../base/errors/firekiln-error.ts';
import { pauseSince } from '../../../base/pause-since.ts';
import { systemCode } from '../../../base/system-error.ts';
import type { FirecrackerCalls } from './api-types.ts';
import { type ApiVersion, parseApiVersion, requireKnown } from './api-version.ts';
import { UnixHttp } from './unix-http.ts';

export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds until an answer counts as missing; two minutes by default, for hosts that are busy. */
  readonly deadlineMs?: number;
}

const defaultDeadlineMs = 120_000;

/**
 * Firecracker's API over its Unix socket. Each call throws VMM_REFUSED with Firecracker's own words, VMM_SILENT for a
 * missing answer, VMM_OUTDATED for what the running version lacks, ABORTED.
 */
export class FirecrackerApi {
  readonly #http: UnixHttp;
  #version: ApiVersion | undefined;

  constructor(socketPath: string) {
    this.#http = new UnixHttp(socketPath);
  }

  /** Waits until somebody answers, and learns the version: before any other call. Ends with the signal only. */
  async connect(signal: AbortSignal): Promise<ApiVersion> {
    const started = performance.now();
    for (;;) {
      try {
        const answer = await this.#send('GET /version', undefined, { signal });
        this.#version = parseApiVersion(answer.firecracker_version);
        return this.#version;
      } catch (error) {
        const code = systemCode(error instanceof Error ? error.cause : undefined);
        if (code !== 'ENOENT' && code !== 'ECONNREFUSED') throw error;
      }
      await pauseSince(started, signal);
    }
  }

  get version(): ApiVersion {
    if (this.#version === undefined) throw new Error('Firecracker was not asked for its version');
    return this.#version;
  }

  /** A call that takes a body; its field of that name stands in for a `{name}` in the path. */
  async put<K extends keyof FirecrackerCalls>(
    call: K,
    body: Exclude<FirecrackerCalls[K]['body'], undefined>,
    options: CallOptions = {},
  ): Promise<void> {
    requireKnown(this.version, call, body);
    await this.#send(call, body, options);
  }

  /** A call that gives something. */
  async get<K extends `GET ${string}` & keyof FirecrackerCalls>(
    call: K,
    options: CallOptions = {},
  ): Promise<FirecrackerCalls[K]['answer']> {
    requireKnown(this.version, call, undefined);
    return await this.#send(call, undefined, options);
  }

  close(): void {
    this.#http.close();
  }

  async #send<K extends keyof FirecrackerCalls>(
    call: K,
    body: FirecrackerCalls[K]['body'] | undefined,
    { signal, deadlineMs = defaultDeadlineMs }: CallOptions,
  ): Promise<FirecrackerCalls[K]['answer']> {
    const request = requestOf(call, body);
    const shown = `${request.method} ${request.path}`;
    const deadline = AbortSignal.timeout(deadlineMs);
    const limits = signal === undefined ? [deadline] : [signal, deadline];
    let answer: { readonly status: number; readonly text: string };
    try {
      answer = await this.#http.send(request, AbortSignal.any(limits));
    } catch (error) {
      if (signal?.aborted) throw abortError(signal, `asking Firecracker for ${shown}`);
      const why = deadline.aborted ? `no answer within ${deadlineMs / 1000} s` : messageOf(error);
      throw new FirekilnError('VMM_SILENT', `Firecracker did not answer ${shown}: ${why}`, { cause: error });
    }
    if (answer.status < 200 || answer.status > 299) {
      throw new FirekilnError('VMM_REFUSED', `Firecracker refused ${shown}: ${faultOf(answer.text)}`);
    }
    return answer.text === '' ? undefined : (parsed(answer.text, shown) as FirecrackerCalls[K]['answer']);
  }
}

function requestOf(call: string, body: unknown): { method: string; path: string; body: string } {
  const [method = '', path = ''] = call.split(' ');
  const fill = (_: string, name: string) => encodeURIComponent(String((body as Record<string, unknown>)[name]));
  return {
    method,
    path: path.replace(/\{(\w+)\}/, fill),
    body: body === undefined ? '' : JSON.stringify(body),
  };
}

function parsed(text: string, shown: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new FirekilnError('VMM_SILENT', `Firecracker answered ${shown} with something that is not JSON`, {
      cause: error,
    });
  }
}

function faultOf(text: string): string {
  try {
    const { fault_message: fault } = JSON.parse(text) as { fault_message?: unknown };
    if (typeof fault === 'string') return fault;
  } catch {
    // Not JSON: shown as it is.
  }
  return text;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
