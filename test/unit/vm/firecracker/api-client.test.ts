import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { FirecrackerApi } from '../../../../src/vm/firecracker/api-client.ts';
import { useTemporaryFolder } from '../../../support/temporary-folder.ts';

const folder = useTemporaryFolder();
let server: Server | undefined;
const { signal } = new AbortController();

afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

async function serve(status: number, text: string): Promise<{ api: FirecrackerApi; seen: string[] }> {
  const seen: string[] = [];
  server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      seen.push(`${request.method} ${request.url} ${body}`);
      response.writeHead(status).end(text);
    });
  });
  const path = join(folder.path, 'api');
  await new Promise<void>((resolve) => server?.listen(path, resolve));
  return { api: new FirecrackerApi(path), seen };
}

it('puts the id into the path', async () => {
  const { api, seen } = await serve(204, '');
  await api.call('PUT /entropy', {}, signal);
  const card = { iface_id: 'net', host_dev_name: 'tap0', guest_mac: '02:00:00:00:00:01' };
  await api.call('PUT /network-interfaces/{id}', card, signal);
  expect(seen).toEqual(['PUT /entropy {}', `PUT /network-interfaces/net ${JSON.stringify(card)}`]);
  api.close();
});

it('fails in the words of Firecracker', async () => {
  const { api } = await serve(400, '{"fault_message":"The memory size (MiB) is invalid."}');
  const asked = api.call('PUT /machine-config', { vcpu_count: 1, mem_size_mib: 0 }, signal);
  await expect(asked).rejects.toThrow('Firecracker refused PUT /machine-config: The memory size (MiB) is invalid.');
  api.close();
});

it('is not up before somebody listens', async () => {
  const api = new FirecrackerApi(join(folder.path, 'nobody'));
  expect(await api.isUp(signal)).toBe(false);
  const { api: listening } = await serve(200, '{"firecracker_version":"1.12.1"}');
  expect(await listening.isUp(signal)).toBe(true);
  listening.close();
});
