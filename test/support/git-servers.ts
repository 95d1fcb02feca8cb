import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { runProcess, startProcess } from '../../src/base/process.ts';
import { freePort } from './free-port.ts';

/** A server of the test on loopback; the base URL ends without a slash. */
export interface GitServer extends AsyncDisposable {
  readonly url: string;
}

/** Makes a bare repository `<folder>/<name>.git` that holds the given files on `main`; returns the commit. */
export async function makeRepository(
  folder: string,
  name: string,
  files: Readonly<Record<string, { readonly text: string; readonly mode?: number } | { readonly link: string }>>,
  steps: readonly (readonly string[])[] = [],
): Promise<string> {
  const work = join(folder, `${name}.work`);
  const git = (...args: string[]) =>
    runProcess('git', {
      cwd: work,
      args: ['-c', 'user.name=Test', '-c', 'user.email=test@example.com', '-c', 'protocol.file.allow=always', ...args],
      env: {
        ...process.env,
        GIT_CONFIG_GLOBAL: '/dev/null',
        GIT_AUTHOR_DATE: '2026-01-02T03:04:05Z',
        GIT_COMMITTER_DATE: '2026-01-02T03:04:05Z',
      },
    });
  await mkdir(work, { recursive: true });
  await git('init', '--quiet', '-b', 'main');
  for (const [path, file] of Object.entries(files)) {
    await mkdir(join(work, path, '..'), { recursive: true });
    if ('link' in file) await runProcess('ln', { args: ['-s', file.link, join(work, path)] });
    else {
      await writeFile(join(work, path), file.text);
      await chmod(join(work, path), file.mode ?? 0o644);
    }
  }
  await git('add', '--all');
  await git('commit', '--quiet', '-m', 'first');
  for (const step of steps) await git(...step);
  await git('clone', '--quiet', '--bare', work, join(folder, `${name}.git`));
  const { stdout } = await git('rev-parse', 'main');
  return stdout.toString().trim();
}

/** git daemon: `git://127.0.0.1:port`. */
export async function startGitDaemon(folder: string): Promise<GitServer> {
  const port = await freePort();
  const args = [
    'daemon',
    '--reuseaddr',
    '--export-all',
    `--base-path=${folder}`,
    '--listen=127.0.0.1',
    `--port=${port}`,
    folder,
  ];
  const child = await startProcess('git', { args, dieWithParent: true });
  await untilOpen(port);
  return { url: `git://127.0.0.1:${port}`, [Symbol.asyncDispose]: async () => void (await child.stop()) };
}

/** git's own smart HTTP server behind a small HTTP server: `http://127.0.0.1:port`. */
export async function startGitHttp(folder: string): Promise<GitServer> {
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://localhost');
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      void runProcess('git', {
        args: ['http-backend'],
        stdin: Buffer.concat(chunks),
        maxOutputBytes: 1 << 28,
        env: {
          ...process.env,
          GIT_PROJECT_ROOT: folder,
          GIT_HTTP_EXPORT_ALL: '1',
          PATH_INFO: url.pathname,
          QUERY_STRING: url.search.slice(1),
          REQUEST_METHOD: request.method ?? 'GET',
          CONTENT_TYPE: request.headers['content-type'] ?? '',
          HTTP_CONTENT_ENCODING: request.headers['content-encoding'] ?? '',
          GIT_PROTOCOL: String(request.headers['git-protocol'] ?? ''),
          REMOTE_ADDR: '127.0.0.1',
        },
      }).then(
        ({ stdout }) => {
          const end = stdout.indexOf('\r\n\r\n');
          for (const line of stdout.subarray(0, end).toString().split('\r\n')) {
            const [name = '', value = ''] = line.split(': ', 2);
            if (name === 'Status') response.statusCode = Number.parseInt(value, 10);
            else response.setHeader(name, value);
          }
          response.end(stdout.subarray(end + 4));
        },
        () => response.writeHead(500).end(),
      );
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    [Symbol.asyncDispose]: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

export interface SshServer extends GitServer {
  /** For GIT_SSH_COMMAND: knows the server's key and logs in with a key of its own. */
  readonly sshCommand: string;
}

/** OpenSSH's server for the current user: `ssh://127.0.0.1:port/absolute/path`. */
export async function startSshServer(folder: string): Promise<SshServer> {
  const port = await freePort();
  const keys = join(folder, 'ssh');
  await mkdir(keys, { recursive: true, mode: 0o700 });
  for (const name of ['host', 'client']) {
    await runProcess('ssh-keygen', { args: ['-q', '-t', 'ed25519', '-N', '', '-f', join(keys, name)] });
  }
  await writeFile(join(keys, 'authorized'), await readFile(join(keys, 'client.pub')), { mode: 0o600 });
  const host = (await readFile(join(keys, 'host.pub'), 'utf8')).trim();
  await writeFile(join(keys, 'known'), `[127.0.0.1]:${port} ${host}\n`);
  await writeFile(
    join(keys, 'config'),
    [
      `Port ${port}`,
      'ListenAddress 127.0.0.1',
      `HostKey ${join(keys, 'host')}`,
      `AuthorizedKeysFile ${join(keys, 'authorized')}`,
      `PidFile ${join(keys, 'pid')}`,
      'StrictModes no',
      'UsePAM no',
      'PasswordAuthentication no',
      'PermitRootLogin yes',
      '',
    ].join('\n'),
  );
  if (process.getuid?.() === 0) await mkdir('/run/sshd', { recursive: true, mode: 0o755 });
  const child = await startProcess('/usr/sbin/sshd', {
    args: ['-D', '-e', '-f', join(keys, 'config')],
    dieWithParent: true,
  });
  await untilOpen(port);
  return {
    url: `ssh://${userInfo().username}@127.0.0.1:${port}`,
    sshCommand: `ssh -o BatchMode=yes -o UserKnownHostsFile=${join(keys, 'known')} -o IdentitiesOnly=yes -i ${join(keys, 'client')}`,
    [Symbol.asyncDispose]: async () => void (await child.stop()),
  };
}

async function untilOpen(port: number): Promise<void> {
  const { connect } = await import('node:net');
  for (let i = 0; i < 500; i++) {
    const open = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1', () => {
        socket.destroy();
        resolve(true);
      });
      socket.once('error', () => resolve(false));
    });
    if (open) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`nothing listens on port ${port}`);
}
