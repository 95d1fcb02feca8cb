import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import type { AddressPolicy } from '../../../src/http/address-policy.ts';
import { createHttpClient, type HttpClient, type HttpClientOptions } from '../../../src/http/http-client.ts';
import { isTransient } from '../../../src/http/http-error.ts';
import { atMinimumPace } from '../../../src/http/minimum-pace.ts';
import { proxyFromEnvironment } from '../../../src/http/proxy-settings.ts';
import { readBody } from '../../../src/http/read-body.ts';
import { makeCertificates } from '../../support/certificates.ts';
import { serveHttp, serveTcp } from '../../support/http-server.ts';

const open: AddressPolicy = { allowPrivate: true, trustedHosts: new Set() };
const shut: AddressPolicy = { allowPrivate: false, trustedHosts: new Set() };
const direct = proxyFromEnvironment({});

function client(options: Partial<HttpClientOptions> = {}): HttpClient {
  return createHttpClient({ policy: open, proxyFor: direct, userAgent: 'test/1', ...options });
}

const get = async (http: HttpClient, url: string, headers: Record<string, string> = {}) => {
  const response = await http.request({ url: new URL(url), headers });
  return { status: response.status, text: (await readBody(response.body, 1 << 20, url)).toString(), url: response.url };
};

describe('requests', () => {
  it('carry their headers and come back with status, headers and body', async () => {
    await using server = await serveHttp((request, response) => {
      response.setHeader('x-many', ['a', 'b']);
      response.statusCode = 418;
      response.end(JSON.stringify(request.headers));
    });
    await using http = client();
    const response = await http.request({ url: new URL(server.origin), headers: { accept: 'x/y' } });
    expect([response.status, response.headerValues('x-many'), response.headers['x-many']]).toEqual([
      418,
      ['a', 'b'],
      'a',
    ]);
    const seen: unknown = JSON.parse((await readBody(response.body, 1 << 20, 'x')).toString());
    expect(seen).toMatchObject({ 'user-agent': 'test/1', accept: 'x/y', 'accept-encoding': 'identity' });
  });

  it('end with ABORTED when they are aborted, before and within the body', async () => {
    await using server = await serveHttp((_, response) => {
      response.write('x');
    });
    await using http = client();
    const url = new URL(server.origin);
    await expect(http.request({ url, signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'ABORTED' });
    const controller = new AbortController();
    const response = await http.request({ url, signal: controller.signal });
    const reading = readBody(response.body, 1 << 20, 'x');
    controller.abort();
    await expect(reading).rejects.toMatchObject({ code: 'ABORTED' });
  });

  it('may be left in the middle of the body', async () => {
    await using server = await serveHttp((request, response) => {
      response.end(request.url === '/small' ? 'small' : Buffer.alloc(8 << 20));
    });
    await using http = client();
    const response = await http.request({ url: new URL(server.origin) });
    for await (const chunk of response.body) {
      expect(chunk.length).toBeGreaterThan(0);
      break;
    }
    expect((await get(http, `${server.origin}/small`)).text).toBe('small');
  });
});

describe('failures', () => {
  it.each([
    ['nothing listens', 'HTTP_UNREACHABLE', /nothing listens at 127\.0\.0\.1:1\b/, false, undefined],
    ['no HTTP', 'HTTP_INVALID', /does not speak HTTP/, false, 'SSH-2.0-x\r\n'],
    ['a reset', 'HTTP_UNREACHABLE', /connection to .* failed/, true, ''],
    [
      'a short body',
      'HTTP_UNREACHABLE',
      /connection to .* failed/,
      true,
      'HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nabc',
    ],
    [
      'a broken chunk',
      'HTTP_INVALID',
      /does not speak HTTP/,
      false,
      'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n',
    ],
    ['endless headers', 'HTTP_INVALID', /16 KiB/, false, `HTTP/1.1 200 OK\r\nx: ${'y'.repeat(40_000)}\r\n\r\n`],
  ])('%s is %s', async (_, code, message, transient, answer) => {
    await using server = await serveTcp((socket) => {
      socket.once('data', () => socket.end(answer ?? ''));
    });
    await using http = client();
    const origin = answer === undefined ? 'http://127.0.0.1:1' : server.origin;
    const error = await get(http, origin).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code, message: expect.stringMatching(message) });
    expect(isTransient(error)).toBe(transient);
  });

  it('an unknown host is named', async () => {
    await using http = client();
    await expect(get(http, 'http://no-such-host.invalid/')).rejects.toMatchObject({ code: 'HTTP_UNREACHABLE' });
  });

  it.each([
    ['silence', () => {}],
    ['headers that trickle', (write: (text: string) => void) => setInterval(() => write('x: y\r\n'), 50)],
  ])('%s ends with TIMEOUT', async (_, behave) => {
    await using server = await serveTcp((socket) => {
      socket.write('HTTP/1.1 200 OK\r\n');
      const timer = behave((text) => socket.write(text));
      socket.on('close', () => clearInterval(timer ?? undefined));
    });
    await using http = client({ limits: { headersTimeoutMs: 400 } });
    await expect(get(http, server.origin)).rejects.toMatchObject({ code: 'TIMEOUT' });
  });

  it('a body that trickles ends with TIMEOUT', async () => {
    let clock = 0;
    async function* drops() {
      for (;;) {
        clock += 1000;
        yield Buffer.from('x');
      }
    }
    const reading = readBody(
      atMinimumPace(drops(), 'layer', { bytes: 100, windowMs: 60_000 }, () => clock),
      1 << 20,
      'x',
    );
    await expect(reading).rejects.toMatchObject({ code: 'TIMEOUT', message: 'layer: only 60 bytes came within 60 s' });
  });
});

describe('addresses', () => {
  it('private ones are refused by literal and by name unless they are allowed or named', async () => {
    await using server = await serveHttp((_, response) => response.end('ok'));
    await using strict = client({ policy: shut });
    const byName = `http://localhost:${server.port}/`;
    await expect(get(strict, server.origin)).rejects.toMatchObject({ code: 'ADDRESS_REFUSED' });
    await expect(get(strict, byName)).rejects.toMatchObject({ code: 'ADDRESS_REFUSED', hint: /allow_private/ });
    await using trusting = client({ policy: { ...shut, trustedHosts: new Set([`localhost:${server.port}`]) } });
    expect((await get(trusting, byName)).text).toBe('ok');
    await expect(get(trusting, server.origin)).rejects.toMatchObject({ code: 'ADDRESS_REFUSED' });
  });

  it.each([
    'http://169.254.169.254/latest',
    'http://[fe80::1]/',
    'http://[::ffff:169.254.169.254]/',
    'http://2852039166/',
  ])('%s is refused, directly and after a redirect', async (target) => {
    await using server = await serveHttp((_, response) => {
      response.writeHead(302, { location: target }).end();
    });
    await using http = client();
    await expect(get(http, target)).rejects.toMatchObject({ code: 'ADDRESS_REFUSED' });
    await expect(get(http, server.origin)).rejects.toMatchObject({ code: 'ADDRESS_REFUSED' });
  });
});

describe('redirects', () => {
  it('are followed, and credentials stay with the origin', async () => {
    await using other = await serveHttp((request, response) => response.end(request.headers.authorization ?? 'none'));
    await using server = await serveHttp((request, response) => {
      if (request.url === '/away') response.writeHead(307, { location: `${other.origin}/x` }).end();
      else if (request.url === '/here') response.writeHead(301, { location: '/end' }).end();
      else response.end(request.headers.authorization);
    });
    await using http = client();
    const headers = { authorization: 'Basic secret' };
    expect(await get(http, `${server.origin}/away`, headers)).toMatchObject({
      text: 'none',
      url: new URL(`${other.origin}/x`),
    });
    expect((await get(http, `${server.origin}/here`, headers)).text).toBe('Basic secret');
  });

  it('in a circle end with HTTP_INVALID', async () => {
    await using server = await serveHttp((_, response) => {
      response.writeHead(302, { location: '/' }).end();
    });
    await using http = client();
    await expect(get(http, server.origin)).rejects.toMatchObject({
      code: 'HTTP_INVALID',
      message: /redirects more than 10/,
    });
  });

  it.each(['file:///etc/passwd', 'http://['])('to %s end with HTTP_INVALID', async (location) => {
    await using server = await serveHttp((_, response) => {
      response.writeHead(302, { location }).end();
    });
    await using http = client();
    await expect(get(http, server.origin)).rejects.toMatchObject({ code: 'HTTP_INVALID', message: /redirects to/ });
  });
});

describe('TLS', () => {
  it('trusts authorities that are named, and refuses the step down to http', async () => {
    const tls = await makeCertificates();
    await using server = await serveHttp((request, response) => {
      if (request.url === '/down') response.writeHead(302, { location: 'http://example.com/' }).end();
      else response.end('ok');
    }, tls);
    await using plain = client();
    await expect(get(plain, server.origin)).rejects.toMatchObject({ code: 'TLS_FAILED', hint: /ca = / });
    await using trusting = client({ tlsFor: () => settings });
    const settings = { authorities: [tls.ca] };
    expect((await get(trusting, server.origin)).text).toBe('ok');
    await expect(get(trusting, `${server.origin}/down`)).rejects.toMatchObject({ code: 'HTTP_INVALID' });
    await using careless = client({ tlsFor: () => insecure });
    const insecure = { insecure: true };
    expect((await get(careless, server.origin)).text).toBe('ok');
  });

  it('says so where a server speaks plain HTTP', async () => {
    await using server = await serveHttp((_, response) => response.end('ok'));
    await using http = client();
    await expect(get(http, `https://127.0.0.1:${server.port}/`)).rejects.toMatchObject({
      code: 'TLS_FAILED',
      message: /it speaks plain HTTP/,
    });
  });
});

describe('proxies', () => {
  it('carry http as a request and https through a tunnel', async () => {
    const tls = await makeCertificates();
    await using target = await serveHttp((_, response) => response.end('secret'), tls);
    const seen: string[] = [];
    await using proxy = await serveTcp((socket) => {
      socket.once('data', (data) => {
        const [line = ''] = data.toString().split('\r\n');
        seen.push(`${line} ${/proxy-authorization: (.*)/i.exec(data.toString())?.[1]}`);
        if (!line.startsWith('CONNECT')) {
          socket.end('HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nproxy');
          return;
        }
        const upstream = connect(target.port, '127.0.0.1', () => {
          socket.write('HTTP/1.1 200 OK\r\n\r\n');
          socket.pipe(upstream).pipe(socket);
        });
        void once(upstream, 'error').then(() => socket.destroy());
      });
    });
    const url = `http://user:pa%20ss@127.0.0.1:${proxy.port}`;
    await using http = client({
      proxyFor: proxyFromEnvironment({ ALL_PROXY: url }),
      tlsFor: () => settings,
      policy: shut,
    });
    const settings = { authorities: [tls.ca] };
    const login = `Basic ${Buffer.from('user:pa ss').toString('base64')}`;
    expect((await get(http, 'http://example.com/x')).text).toBe('proxy');
    await expect(get(http, 'https://example.com/')).rejects.toMatchObject({ code: 'TLS_FAILED' });
    expect(seen).toEqual([`GET http://example.com/x HTTP/1.1 ${login}`, `CONNECT example.com:443 HTTP/1.1 ${login}`]);
    await expect(get(http, 'http://169.254.169.254/')).rejects.toMatchObject({ code: 'ADDRESS_REFUSED' });
  });
});
