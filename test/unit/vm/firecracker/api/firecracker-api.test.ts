import { createServer, type Server, type ServerResponse } from 'node:http';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { FirecrackerApi } from '../../../../../src/vm/firecracker/api/firecracker-api.ts';
import { useTemporaryFolder } from '../../../../support/temporary-folder.ts';

const folder = useTemporaryFolder();
const { signal } = new AbortController();
let server: Server | undefined;
let api: FirecrackerApi | undefined;

afterEach(stop);

async function stop(): Promise<void> {
  api?.close();
  server?.closeAllConnections();
  const stopped = server;
  server = undefined;
  if (stopped !== undefined) await new Promise((resolve) => stopped.close(resolve));
}

type Answer = (response: ServerResponse, request: string, socket: Socket) => void;

/** A server that says it is `version`, and answers everything else as `answer` does. */
async function serve(version: string, answer: Answer = (response) => response.writeHead(204).end()) {
  await stop();
  const seen: string[] = [];
  const path = join(folder.path, 'api');
  server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      const line = `${request.method} ${request.url} ${body}`;
      if (request.url === '/version') {
        response.end(JSON.stringify({ firecracker_version: version }));
        return;
      }
      seen.push(line);
      answer(response, line, request.socket);
    });
  });
  await new Promise<void>((resolve) => server?.listen(path, resolve));
  const made = new FirecrackerApi(path);
  api = made;
  return { api: made, seen };
}

async function connected(version: string, answer?: Answer) {
  const made = await serve(version, answer);
  await made.api.connect(signal);
  return made;
}

describe('requests', () => {
  it('fill the path from the body', async () => {
    const { api: client, seen } = await connected('1.12.1');
    await client.put('PUT /entropy', {});
    const card = { iface_id: 'net', host_dev_name: 'tap0', guest_mac: '02:00:00:00:00:01' };
    await client.put('PUT /network-interfaces/{iface_id}', card);
    await client.put('PUT /drives/{drive_id}', { drive_id: 'a/b', is_root_device: false });
    expect(seen).toEqual([
      'PUT /entropy {}',
      `PUT /network-interfaces/net ${JSON.stringify(card)}`,
      'PUT /drives/a%2Fb {"drive_id":"a/b","is_root_device":false}',
    ]);
  });

  it('give what was answered', async () => {
    const { api: client } = await connected('1.12.1', (response) =>
      response.end('{"mem_size_mib":128,"vcpu_count":2}'),
    );
    expect(await client.get('GET /machine-config')).toEqual({ mem_size_mib: 128, vcpu_count: 2 });
  });

  it('fail in the words of Firecracker, naming the request', async () => {
    const { api: client } = await connected('1.12.1', (response) =>
      response.writeHead(400).end('{"fault_message":"The memory size (MiB) is invalid."}'),
    );
    const asked = client.put('PUT /machine-config', { vcpu_count: 1, mem_size_mib: 0 });
    await expect(asked).rejects.toMatchObject({
      code: 'VMM_REFUSED',
      message: 'Firecracker refused PUT /machine-config: The memory size (MiB) is invalid.',
    });
  });

  it('fail with what was answered if that is no fault', async () => {
    const { api: client } = await connected('1.12.1', (response) => response.writeHead(500).end('oh no'));
    await expect(client.put('PUT /entropy', {})).rejects.toThrow('Firecracker refused PUT /entropy: oh no');
  });
});

describe('answers that do not come', () => {
  it('end with the deadline', async () => {
    const { api: client } = await connected('1.12.1', () => {});
    await expect(client.put('PATCH /vm', { state: 'Paused' }, { deadlineMs: 50 })).rejects.toMatchObject({
      code: 'VMM_SILENT',
      message: 'Firecracker did not answer PATCH /vm: no answer within 0.05 s',
    });
  });

  it('end with the caller', async () => {
    const { api: client } = await connected('1.12.1', () => {});
    const abort = new AbortController();
    const asked = client.put('PATCH /vm', { state: 'Paused' }, { signal: abort.signal });
    abort.abort();
    await expect(asked).rejects.toMatchObject({ code: 'ABORTED' });
  });

  it.each<[string, Answer]>([
    ['before the answer', (_, __, socket) => socket.destroy()],
    [
      'in the head',
      (_, __, socket) => {
        socket.write('HTTP/1.1 204 No Con');
        socket.destroySoon();
      },
    ],
    [
      'in the body',
      (response, _, socket) => {
        response.writeHead(200, { 'content-length': 100 }).write('{"vm');
        socket.destroySoon();
      },
    ],
  ])('are told of if the connection is cut %s, and the next request works', async (_, cut) => {
    let isFirst = true;
    const { api: client } = await connected('1.12.1', (response, request, socket) => {
      if (isFirst) cut(response, request, socket);
      else response.end('{"vcpu_count":1}');
      isFirst = false;
    });
    await expect(client.get('GET /machine-config')).rejects.toMatchObject({
      code: 'VMM_SILENT',
      message: expect.stringContaining('GET /machine-config'),
    });
    expect(await client.get('GET /machine-config')).toEqual({ vcpu_count: 1 });
  });

  it('are refused if they are no JSON or without end', async () => {
    const { api: client } = await connected('1.12.1', (response, request) => {
      if (request.includes('mmds')) response.end(Buffer.alloc(2 << 20, 0x20));
      else response.end('<html>');
    });
    await expect(client.get('GET /vm/config')).rejects.toMatchObject({ code: 'VMM_SILENT' });
    await expect(client.get('GET /mmds')).rejects.toThrow(/more than 1048576 bytes/);
  });
});

describe('versions', () => {
  it('below 1.12 are refused by name', async () => {
    for (const version of ['1.11.0', '0.25.2', 'unknown']) {
      const { api: client } = await serve(version);
      await expect(client.connect(signal)).rejects.toMatchObject({
        code: 'VMM_OUTDATED',
        message: `Firecracker ${version} is too old: 1.12 or newer is needed`,
      });
    }
  });

  it.each([
    [
      '1.12.1',
      '1.13',
      'PUT /mmds/config',
      { network_interfaces: ['net'], imds_compat: true },
      'the field imds_compat of ',
    ],
    ['1.13.0', '1.14', 'PUT /serial', { serial_out_path: '/x' }, ''],
    [
      '1.15.0-dev',
      '1.16',
      'PUT /network-interfaces/{iface_id}',
      { iface_id: 'n', host_dev_name: 't', mtu: 9000 },
      'the field mtu of ',
    ],
  ] as const)('%s lacks what came with %s: %s', async (version, since, call, body, what) => {
    const { api: client, seen } = await connected(version);
    await expect(client.put(call, body as never)).rejects.toMatchObject({
      code: 'VMM_OUTDATED',
      message: `Firecracker ${version} does not have ${what}${call}: ${since} and newer do`,
    });
    expect(seen).toEqual([]);
    const { api: newer, seen: sent } = await connected(`${since}.0`);
    await newer.put(call, body);
    expect(sent).toHaveLength(1);
  });
});

it('waits until somebody listens', async () => {
  const client = new FirecrackerApi(join(folder.path, 'api'));
  const version = client.connect(signal);
  await new Promise<void>((resolve) => connect(join(folder.path, 'api')).once('error', () => resolve()));
  await serve('1.12.1');
  expect((await version).minor).toBe(12);
  client.close();
});
