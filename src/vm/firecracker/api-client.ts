import { Agent, request } from 'node:http';
import { systemCode } from '../../base/system-error.ts';

/** Bodies of Firecracker's API (firecracker.yaml of 1.12.1, "definitions"), as far as they are used here. */
export interface FirecrackerCalls {
  'PUT /machine-config': { readonly vcpu_count: number; readonly mem_size_mib: number; readonly smt?: boolean };
  'PUT /boot-source': {
    readonly kernel_image_path: string;
    readonly initrd_path?: string | undefined;
    readonly boot_args: string;
  };
  'PUT /drives/{id}': {
    readonly drive_id: string;
    readonly path_on_host: string;
    readonly is_root_device: boolean;
    readonly is_read_only: boolean;
    readonly cache_type: 'Unsafe' | 'Writeback';
  };
  'PUT /network-interfaces/{id}': {
    readonly iface_id: string;
    readonly host_dev_name: string;
    readonly guest_mac: string;
  };
  'PUT /vsock': { readonly guest_cid: number; readonly uds_path: string };
  'PUT /entropy': Readonly<Record<string, never>>;
  'PUT /actions': { readonly action_type: 'InstanceStart' | 'SendCtrlAltDel' };
}

/** Answers are a line; a longer one is not Firecracker's. */
const maxAnswerBytes = 64 << 10;

/** Firecracker's API over its Unix socket. It answers with 204, or with a `fault_message`, which is thrown. */
export class FirecrackerApi {
  readonly #socketPath: string;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 1 });

  constructor(socketPath: string) {
    this.#socketPath = socketPath;
  }

  /** `id` stands in for `{id}`, in the call and in the body. */
  async call<K extends keyof FirecrackerCalls>(name: K, body: FirecrackerCalls[K], signal: AbortSignal): Promise<void> {
    const [method = '', path = ''] = name.split(' ');
    const id = 'drive_id' in body ? body.drive_id : 'iface_id' in body ? body.iface_id : '';
    const target = path.replace('{id}', id);
    const { status, text } = await this.#send(method, target, JSON.stringify(body), signal);
    if (status >= 200 && status < 300) return;
    throw new Error(`Firecracker refused ${method} ${target}: ${faultOf(text)}`);
  }

  /** Whether somebody answers yet. */
  async isUp(signal: AbortSignal): Promise<boolean> {
    try {
      await this.#send('GET', '/version', '', signal);
      return true;
    } catch (error) {
      if (['ENOENT', 'ECONNREFUSED'].includes(systemCode(error) ?? '')) return false;
      throw error;
    }
  }

  close(): void {
    this.#agent.destroy();
  }

  async #send(method: string, path: string, body: string, signal: AbortSignal) {
    return await new Promise<{ status: number; text: string }>((resolve, reject) => {
      const sent = request(
        {
          socketPath: this.#socketPath,
          agent: this.#agent,
          method,
          path,
          signal,
          headers: body === '' ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) },
        },
        (answer) => {
          let text = '';
          answer.on('data', (chunk: Buffer) => {
            text += chunk.toString();
            if (text.length > maxAnswerBytes) sent.destroy(new Error('an answer that is not of Firecracker'));
          });
          answer.once('error', reject);
          answer.once('end', () => resolve({ status: answer.statusCode ?? 0, text }));
        },
      );
      sent.once('error', reject);
      sent.end(body);
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
