import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import ssh2 from 'ssh2';
import { type ByteString, byteStringFromText } from '../../../src/base/byte-string.ts';
import { findProgram } from '../../../src/base/find-program.ts';
import { runProcess } from '../../../src/base/process.ts';
import { type CpioEntry, writeCpio } from '../../../src/formats/cpio/cpio.ts';
import type { TestShell } from '../driver-conformance.ts';

/** In the order in which they can be loaded; those that a kernel has built in are passed over. */
const modules = [
  'virtio_ring',
  'virtio',
  'virtio_mmio',
  'virtio_blk',
  'virtio_console',
  'failover',
  'net_failover',
  'virtio_net',
  'rng-core',
  'virtio-rng',
  'virtio_balloon',
  'vsock',
  'vmw_vsock_virtio_transport_common',
  'vmw_vsock_virtio_transport',
  'af_packet',
];
const programs = ['dropbear', 'socat'];

/** What {@link makeTestGuest} needs on this host. */
export const guestTools: readonly string[] = ['busybox', 'dropbearkey', ...programs];

/** A guest of busybox, dropbear and socat in an initial RAM disk. */
export interface TestGuestImage extends AsyncDisposable {
  readonly initrd: string;
  /** On the console when the control port answers. */
  readonly ready: RegExp;
  connect(stream: Duplex): Promise<TestShell>;
}

/** `modulesFolder` is /lib/modules/<release> of the kernel that will boot it. */
export async function makeTestGuest(modulesFolder: string): Promise<TestGuestImage> {
  const folder = await mkdtemp(join(tmpdir(), 'firekiln-guest-'));
  const client = ssh2.utils.generateKeyPairSync('ed25519');
  const hostKey = join(folder, 'host-key');
  await runProcess('dropbearkey', { args: ['-t', 'ed25519', '-f', hostKey] });
  const files = new Map<string, { mode: number; data: Uint8Array }>();
  const add = (path: string, data: Uint8Array | string, mode = 0o755) =>
    files.set(path.replace(/^\//, ''), { mode, data: Buffer.from(data) });
  add('init', await readFile(new URL('init', import.meta.url)));
  add('bin/busybox', await readFile((await findProgram('busybox')) ?? 'busybox'));
  add('dhcp', await readFile(new URL('dhcp', import.meta.url)));
  for (const name of programs) {
    const path = (await findProgram(name)) ?? name;
    add(`bin/${name}`, await readFile(path));
    const { stdout } = await runProcess('ldd', { args: [path] });
    for (const [, library] of stdout.toString().matchAll(/(\/\S+) \(0x/g)) {
      if (library !== undefined) add(library, await readFile(library));
    }
  }
  add('etc/passwd', 'root:x:0:0:root:/root:/bin/sh\n', 0o644);
  add('etc/shells', '/bin/sh\n', 0o644);
  add('etc/host-key', await readFile(hostKey), 0o600);
  add('root/.ssh/authorized_keys', `${client.public}\n`, 0o600);
  const all = await readdir(modulesFolder, { recursive: true });
  const order: string[] = [];
  for (const name of modules) {
    const path = all.find((each) => each.endsWith(`/${name}.ko`));
    if (path === undefined) continue;
    order.push(name);
    add(`modules/${name}.ko`, await readFile(join(modulesFolder, path)), 0o644);
  }
  add('modules/order', order.map((name) => `${name}\n`).join(''), 0o644);
  const initrd = join(folder, 'initrd');
  await writeFile(initrd, writeCpio(entriesOf(files)));
  return {
    initrd,
    ready: /test-guest-ready/,
    connect: async (stream) => await connectShell(stream, client.private),
    [Symbol.asyncDispose]: async () => await rm(folder, { recursive: true, force: true }),
  };
}

function* entriesOf(files: ReadonlyMap<string, { mode: number; data: Uint8Array }>): Iterable<CpioEntry> {
  const folders = new Set(['proc', 'sys', 'dev', 'tmp', 'mnt', 'run']);
  for (const path of files.keys()) {
    const parts = path.split('/').slice(0, -1);
    for (let i = 1; i <= parts.length; i++) folders.add(parts.slice(0, i).join('/'));
  }
  const named = (path: string): ByteString => byteStringFromText(path);
  for (const path of [...folders].sort()) yield { path: named(path), mode: 0o755, content: { kind: 'directory' } };
  const console = { kind: 'character', major: 5, minor: 1 } as const;
  yield { path: named('dev/console'), mode: 0o600, content: console };
  for (const [path, { mode, data }] of files) yield { path: named(path), mode, content: { kind: 'file', data } };
}

async function connectShell(stream: Duplex, privateKey: string): Promise<TestShell> {
  const client = new ssh2.Client();
  client.setMaxListeners(0);
  stream.on('error', () => {});
  await new Promise<void>((resolve, reject) => {
    client.once('ready', () => resolve());
    client.on('error', reject);
    client.once('close', () => reject(new Error('the SSH connection was closed before it was ready')));
    client.connect({ sock: stream, username: 'root', privateKey, readyTimeout: 60_000 });
  });
  return {
    exec: async (command, stdin) =>
      await new Promise((resolve, reject) => {
        client.once('close', () => reject(new Error(`the SSH connection was closed during ${command}`)));
        client.exec(command, (error, channel) => {
          if (error !== undefined) {
            reject(error);
            return;
          }
          const out: Buffer[] = [];
          const err: Buffer[] = [];
          let exitCode: number | undefined;
          channel.on('data', (chunk: Buffer) => out.push(chunk));
          channel.stderr.on('data', (chunk: Buffer) => err.push(chunk));
          channel.on('exit', (code: number | null) => {
            exitCode = code ?? undefined;
          });
          channel.on('close', () => resolve({ stdout: Buffer.concat(out), stderr: Buffer.concat(err), exitCode }));
          channel.end(stdin ?? Buffer.alloc(0));
        });
      }),
    [Symbol.asyncDispose]: async () => {
      if (stream.destroyed) return;
      const closed = new Promise<void>((resolve) => stream.once('close', () => resolve()));
      client.end();
      setTimeout(() => stream.destroy(), 2000).unref();
      await closed;
    },
  };
}
