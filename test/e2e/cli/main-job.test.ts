import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCli } from '../../support/cli.ts';
import { fetchText } from '../../support/fetch-text.ts';
import { freePort } from '../../support/free-port.ts';
import { processesNaming } from '../../support/processes.ts';
import { findTool } from '../../support/tools.ts';

const id = `mainjob-${process.pid}`;
const tag = `${id}/web:1`;
let context = '';

const dockerfile = `
FROM scratch AS base
COPY busybox /bin/busybox
RUN ["/bin/busybox", "--install", "-s", "/bin"]

FROM base AS pages
WORKDIR /site
COPY page.txt .
RUN echo "<h1>$(cat page.txt)</h1>" >index.html && echo "made in $(pwd)"

FROM base
RUN mkdir -p /etc && echo 'web:x:1000:1000::/:/bin/sh' >/etc/passwd
COPY --from=pages /site /www
ENV GREETING=hello
USER web
EXPOSE 8080
CMD ["sh", "-c", "echo $GREETING from $(id -u); exec httpd -f -p 8080 -h /www"]
`;

async function inspected(): Promise<unknown> {
  const [{ storedAt: _storedAt, ...image }] = JSON.parse((await runCli(['inspect', tag])).stdout) as [
    Record<string, unknown>,
  ];
  return image;
}

/** A Dockerfile becomes an image, the image a VM, and the VM answers. */
describe('the main job', () => {
  beforeAll(() => {
    context = mkdtempSync(join(tmpdir(), 'firekiln-main-job-'));
    const busybox = findTool('busybox');
    if (busybox === undefined) throw new Error('busybox is not installed');
    copyFileSync(busybox, join(context, 'busybox'));
    writeFileSync(join(context, 'Dockerfile'), dockerfile);
    writeFileSync(join(context, 'page.txt'), `first ${id}`);
  });
  afterAll(async () => {
    await runCli(['rm', '-f', id]);
    await runCli(['rmi', '-f', tag]);
    rmSync(context, { recursive: true, force: true });
  });

  it('builds, says what it does, and is done at once the second time', async () => {
    const first = await runCli(['build', '-t', tag, context]);
    expect(first.status, first.stderr).toBe(0);
    expect(first.stderr).toMatch(/\[pages 3\/3\] RUN echo/);
    expect(first.stderr).toMatch(/made in \/site/);
    const before = await inspected();

    const again = await runCli(['build', '-t', tag, '--log-as-json', context]);
    expect(again.status, again.stderr).toBe(0);
    const events = again.stderr
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as { event: { event: string } }).event);
    expect(events.filter(({ event }) => event === 'vm.starting' || event === 'node.started')).toEqual([]);
    expect(await inspected()).toEqual(before);
  });

  it('does again only what depends on a file that has changed', async () => {
    writeFileSync(join(context, 'page.txt'), `second ${id}`);
    const { status, stderr } = await runCli(['build', '-t', tag, context]);
    expect(status, stderr).toBe(0);
    const cached = [...stderr.matchAll(/^#(\d+) CACHED$/gm)].map(([, number]) => number);
    const names = new Map([...stderr.matchAll(/^#(\d+) (\[.*)$/gm)].map(([, number, name]) => [number, name]));
    const cachedNames = cached.map((number) => names.get(number)).join('\n');
    expect(cachedNames).toMatch(/RUN \["\/bin\/busybox", "--install"/);
    expect(cachedNames).toMatch(/RUN mkdir -p \/etc/);
    expect(cachedNames).not.toMatch(/RUN echo|COPY page\.txt|COPY --from=pages/);
  });

  it('runs the image in a VM that answers on its port, and leaves nothing when it is removed', async () => {
    const port = await freePort();
    const started = await runCli(['run', '-d', '--name', id, '-p', `${port}:8080`, tag]);
    expect(started.status, started.stderr).toBe(0);
    expect(await fetchText(`http://127.0.0.1:${port}/`, 120_000)).toBe(`<h1>second ${id}</h1>\n`);
    expect((await runCli(['logs', id])).stdout).toBe('hello from 1000\n');
    expect((await runCli(['ps'])).stdout).toMatch(new RegExp(`${id} .*127\\.0\\.0\\.1:${port}->8080/tcp`));
    expect((await runCli(['exec', id, 'sh', '-c', 'echo $GREETING; exit 4'])).status).toBe(4);
    const removed = await runCli(['rm', '-f', id]);
    expect(removed.status, removed.stderr).toBe(0);
    expect((await runCli(['ps', '-a'])).stdout).not.toContain(id);
    await expect(fetchText(`http://127.0.0.1:${port}/`, 0)).rejects.toThrow();
  });

  it('stops VM and build at once on Ctrl-C', async () => {
    const file = join(context, 'Dockerfile.slow');
    writeFileSync(file, `${dockerfile.split('\n\n')[0]}\nRUN echo ${id}-started; sleep 1000\n`);
    let isSent = false;
    const { status, stderr } = await runCli(['build', '-f', file, context], {
      onStderr: (soFar, kill) => {
        if (isSent || !/\d \S*-started$/m.test(soFar)) return;
        isSent = true;
        kill('SIGINT');
      },
    });
    expect(stderr).toMatch(/error\[ABORTED\]: stopped by SIGINT/);
    expect(status).toBe(130);
    expect(await processesNaming(file)).toEqual([]);
  });

  it('shows a failing step with its command, exit code, last lines and place', async () => {
    const file = join(context, 'Dockerfile.fail');
    writeFileSync(file, `${dockerfile.split('\n\n')[0]}\nRUN echo before; echo oops >&2; exit 9\n`);
    const { status, stderr } = await runCli(['build', '-f', file, context]);
    expect(status).toBe(1);
    expect(stderr).toMatch(/error\[RUN_FAILED\]: .*exit 9.* ended with exit code 9/);
    expect(stderr).toMatch(/Dockerfile\.fail:5/);
    expect(stderr).toMatch(/>>> RUN echo before/);
    expect(stderr).toMatch(/\| before\n.*\| oops/);
  });
});
