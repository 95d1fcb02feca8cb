import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RunningProcess, runProcess, startProcess, tryProcess } from '../../src/base/process.ts';
import { openStore } from '../../src/store/open-store.ts';
import { type BedKernel, bedKernel } from '../support/bed-kernel.ts';
import { makeBusyboxImage } from '../support/busybox-image.ts';
import { makeCertificates } from '../support/certificates.ts';
import { type GitServer, makeRepository, startGitHttp } from '../support/git-servers.ts';
import { serveHttp, type TestServer } from '../support/http-server.ts';

/** The host's end of the bridge: the outside is not to be reached from the bed. */
const outside = '192.168.128.1';
const long = { timeout: 1_500_000 };
const isFull = process.env.FIREKILN_TEST_FULL === '1';

/** Of the original's documentation. */
const conflist = `cat <<EOF > /etc/cni/conf.d/machine-builds.conflist
{
    "name": "machine-builds",
    "cniVersion": "0.4.0",
    "plugins": [
        {
            "type": "bridge",
            "name": "builds-bridge",
            "bridge": "builds0",
            "isDefaultGateway": true,
            "ipMasq": true,
            "hairpinMode": true,
            "ipam": {
                "type": "host-local",
                "subnet": "192.168.128.0/24",
                "resolvConf": "/etc/resolv.conf"
            }
        },
        {
            "type": "firewall"
        },
        {
            "type": "tc-redirect-tap"
        }
    ]
}
EOF`;

/** Stands for docker-consul's: from a base that is here, with a service that answers. */
const dockerfile = `FROM debian:bookworm
ARG VERSION=1.9.3
ENV CONSUL_VERSION=$VERSION
RUN useradd -m consul && mkdir -p /consul/data && chown -R consul:consul /consul
VOLUME /consul/data
EXPOSE 8500
ADD ./docker-entrypoint.sh /usr/local/bin/docker-entrypoint.sh
RUN chmod 755 /usr/local/bin/docker-entrypoint.sh && echo "consul $CONSUL_VERSION" >/consul/index.html
ENTRYPOINT ["docker-entrypoint.sh"]
CMD ["agent", "-dev"]
`;
const entrypoint = '#!/bin/sh\necho "$@" >/consul/args\nexec busybox httpd -f -p 8500 -h /consul\n';

/** Stands for kafka-proxy's: what one stage builds, the other takes. */
const multiStage = `FROM golang:1.15 AS builder
ARG MAKE_TARGET=build
WORKDIR /go/src/github.com/grepplabs/kafka-proxy
COPY . .
RUN sh ./make.sh $MAKE_TARGET

FROM debian:bookworm
RUN useradd --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin kafka-proxy
COPY --from=builder /go/src/github.com/grepplabs/kafka-proxy/build /opt/kafka-proxy/bin
EXPOSE 9080
WORKDIR /opt/kafka-proxy
ENTRYPOINT ["/opt/kafka-proxy/bin/kafka-proxy"]
CMD ["server", "--http-listen-address", "9080"]
`;
/** Compiles, as far as that goes with busybox; puts in a file that only its image has. */
const make = `set -e
mkdir -p "$1"
{ echo '#!/bin/sh'; echo "built='$(cat /data/seed)'"; cat main.sh; } >"$1/kafka-proxy"
busybox chmod 755 "$1/kafka-proxy"
`;
const program = `mkdir -p /tmp/www
echo "$1 $built" >/tmp/www/index.html
exec busybox httpd -f -p "$3" -h /tmp/www
`;

/** Does what the systemd variant of baseos/ does. */
const installer = `#!/bin/sh
set -e
. /etc/firebuild/cmd.env
cat >/etc/systemd/system/entrypoint.service <<END
[Service]
ExecStart=/bin/sh -c ". /etc/firebuild/cmd.env && cd $SERVICE_WORKDIR && exec $SERVICE_ENTRYPOINT $SERVICE_CMDS"
[Install]
WantedBy=multi-user.target
END
systemctl enable entrypoint.service
`;

describe.skipIf(process.env.FIREKILN_TEST_BED !== '1')("the commands of the original's documentation", () => {
  let folder = '';
  let agent: RunningProcess | undefined;
  let git: GitServer | undefined;
  let web: TestServer | undefined;
  let trusted = '';
  let kernel: BedKernel | undefined;

  /** A shell in which `go run ./main.go` is Firekiln. */
  const shell = async (script: string): Promise<{ readonly code: number | undefined; readonly text: string }> => {
    const bundle = process.env.FIREKILN_TEST_BUNDLE ?? '';
    const own = `firekiln() { ${process.execPath} ${bundle} "$@"; }\n`;
    const { exitCode, stdout, stderr } = await tryProcess('bash', {
      args: ['-c', own + script],
      cwd: folder,
      env: {
        ...process.env,
        XDG_CONFIG_HOME: folder,
        SSH_AUTH_SOCK: join(folder, 'agent'),
        SSL_CERT_FILE: trusted,
        NO_COLOR: '1',
      },
      timeoutMs: 1_200_000,
    });
    return { code: exitCode, text: `${stdout.toString()}${stderr.toString()}` };
  };
  const good = async (script: string): Promise<string> => {
    const { code, text } = await shell(script);
    expect(code, `${script}\n${text}`).toBe(0);
    return text;
  };

  /** Runs an image as a VM of its own init; gives its address. */
  const boot = async (name: string, tag: string): Promise<string> => {
    const flags = '--driver firecracker --network machine-builds -m 256m --root flat --init image';
    await good(`firekiln run -d --name ${name} ${flags} ${tag}`);
    const [facts] = JSON.parse(await good(`firekiln inspect ${name}`)) as [
      { readonly state: { readonly network: { readonly addresses: readonly string[] } } },
    ];
    return facts.state.network.addresses[0]?.split('/')[0] ?? '';
  };

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'fko-'));
    await mkdir('/etc/cni/conf.d', { recursive: true });
    await good(conflist);
    // Guests are slow under two levels of emulation.
    await mkdir(join(folder, 'firekiln'));
    await writeFile(join(folder, 'firekiln/config.toml'), '[vm]\nboot_seconds = 250\n');
    await writeFile('/etc/resolv.conf', 'nameserver 192.0.2.53\n');
    const place = join(folder, 'rootfs/_/debian/bookworm');
    await mkdir(place, { recursive: true });
    const disk = join(place, 'root.ext4');
    await runProcess('cp', { args: ['--sparse=always', '/dev/vdd', disk] });
    const key = join(folder, 'id');
    await runProcess('ssh-keygen', { args: ['-q', '-t', 'ed25519', '-N', '', '-C', 'operator', '-f', key] });
    const ssh = '/home/debian/.ssh';
    const commands = [
      `mkdir ${ssh}`,
      `write ${key}.pub ${ssh}/authorized_keys`,
      `sif ${ssh} mode 040700`,
      `sif ${ssh}/authorized_keys mode 0100600`,
      ...['uid', 'gid'].flatMap((field) => [`sif ${ssh} ${field} 1000`, `sif ${ssh}/authorized_keys ${field} 1000`]),
    ];
    await writeFile(join(folder, 'debugfs'), `${commands.join('\n')}\n`);
    await runProcess('debugfs', { args: ['-w', '-f', join(folder, 'debugfs'), disk] });
    agent = await startProcess('ssh-agent', { args: ['-D', '-a', join(folder, 'agent')], dieWithParent: true });
    await sleep(1000);
    await runProcess('ssh-add', { args: [key], env: { ...process.env, SSH_AUTH_SOCK: join(folder, 'agent') } });
    await mkdir(join(folder, 'hashicorp'));
    await makeRepository(join(folder, 'hashicorp'), 'docker-consul', {
      '0.X/Dockerfile': { text: dockerfile },
      '0.X/docker-entrypoint.sh': { text: entrypoint, mode: 0o755 },
    });
    await mkdir(join(folder, 'grepplabs'));
    await makeRepository(
      join(folder, 'grepplabs'),
      'kafka-proxy',
      { Dockerfile: { text: multiStage }, 'make.sh': { text: make }, 'main.sh': { text: program } },
      [['tag', 'v0.2.8']],
    );
    {
      await using store = await openStore({ dataDir: '/var/lib/firekiln' });
      await makeBusyboxImage(store, 'docker.io/library/golang:1.15', {});
    }
    git = await startGitHttp(folder);
    const { ca, ...pair } = await makeCertificates();
    trusted = join(folder, 'ca.pem');
    await writeFile(trusted, ca);
    const files = new Map([
      ['/hashicorp/docker-consul/master/0.X/Dockerfile', dockerfile],
      ['/hashicorp/docker-consul/master/0.X/docker-entrypoint.sh', entrypoint],
    ]);
    web = await serveHttp(({ url }, response) => {
      const text = files.get(url ?? '');
      response.writeHead(text === undefined ? 404 : 200).end(text);
    }, pair);
    await mkdir(join(folder, 'baseos/_/debian'), { recursive: true });
    await writeFile(join(folder, 'baseos/_/debian/systemd.service.sh'), installer);
    kernel = await bedKernel();
    await mkdir(join(folder, 'vmlinux'));
    await runProcess('cp', { args: [kernel.vmlinux, join(folder, 'vmlinux/vmlinux-v5.8')] });
  }, 600_000);
  afterAll(async () => {
    await agent?.stop();
    await git?.[Symbol.asyncDispose]();
    await web?.[Symbol.asyncDispose]();
    await kernel?.[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  });

  it('git+http(s):// URL, service installer, JSON log: a VM that boots and whose service answers', long, async () => {
    const text = await good(`firekiln build \\
    --binary-firecracker=$(readlink /usr/bin/firecracker) \\
    --binary-jailer=$(readlink /usr/bin/jailer) \\
    --chroot-base=/srv/jailer \\
    --dockerfile=git+${git?.url}/hashicorp/docker-consul.git:/0.X/Dockerfile#main \\
    --machine-cni-network-name=machine-builds \\
    --machine-rootfs-base=${folder}/rootfs \\
    --machine-ssh-user=debian \\
    --machine-vmlinux=${folder}/vmlinux/vmlinux-v5.8 \\
    --post-build-command='chmod -x /etc/init.d/ssh' \\
    --pre-build-command='rm -rf /var/cache/apt && mkdir -p /var/cache/apt && sudo true' \\
    --log-as-json \\
    --tag=tests/consul:1.9.3 \\
    --service-file-installer=$(pwd)/baseos/_/debian/systemd.service.sh \\
    --log-level=debug --egress-test-target=${outside} --resources-mem=256`);
    const lines = text.split('\n').filter((line) => line.startsWith('{'));
    const events = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(events).toContainEqual(
      expect.objectContaining({
        '@level': 'debug',
        '@message': 'Running remote command',
        '@module': 'build.remote-client.connected-remote-client',
        '@timestamp': expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
        command: expect.stringContaining('mkdir -p'),
        'ip-address': expect.stringMatching(/^192\.168\.128\.\d+$/),
        'veth-name': expect.any(String),
        'vmm-id': expect.any(String),
      }),
    );
    const builds = join(folder, 'rootfs/_builds/tests/consul/1.9.3');
    await runProcess('e2fsck', { args: ['-fn', join(builds, 'rootfs')] });
    expect(JSON.parse(await readFile(join(builds, 'metadata.json'), 'utf8'))).toMatchObject({ ports: ['8500/tcp'] });
    const look = async (what: string) =>
      String((await runProcess('debugfs', { args: ['-R', what, join(builds, 'rootfs')] })).stdout);
    expect(await look('stat /usr/local/bin/docker-entrypoint.sh')).toMatch(/Mode:\s+0755/);
    expect(await look('stat /etc/init.d/ssh')).toMatch(/Mode:\s+0644/);

    const address = await boot('consul', 'tests/consul:1.9.3');
    expect(await textOf(`http://${address}:8500/index.html`)).toBe('consul 1.9.3\n');
    expect(await textOf(`http://${address}:8500/args`)).toBe('agent -dev\n');
    // "Leave SSH access on".
    // The service may be up before the SSH server.
    const options =
      '-o ConnectionAttempts=200 -o BatchMode=yes -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null';
    expect(await good(`ssh ${options} debian@${address} id -un`)).toContain('debian');
    await good('firekiln rm -f consul');
  });

  it.runIf(isFull)(
    'multi-stage, from a tag of a git repository: what one stage built serves in the other',
    long,
    async () => {
      await good(`firekiln build \\
    --binary-firecracker=$(readlink /usr/bin/firecracker) \\
    --binary-jailer=$(readlink /usr/bin/jailer) \\
    --chroot-base=/srv/jailer \\
    --dockerfile=git+${git?.url}/grepplabs/kafka-proxy.git:/Dockerfile#v0.2.8 \\
    --machine-cni-network-name=machine-builds \\
    --machine-rootfs-base=${folder}/rootfs \\
    --machine-ssh-user=debian \\
    --machine-vmlinux=${folder}/vmlinux/vmlinux-v5.8 \\
    --pre-build-command='rm -rf /var/cache/apt && mkdir -p /var/cache/apt && sudo true' \\
    --log-as-json \\
    --tag=tests/kafka-proxy:0.2.8 \\
    --service-file-installer=$(pwd)/baseos/_/debian/systemd.service.sh \\
    --egress-test-target=${outside} --resources-mem=256`);
      const address = await boot('kafka-proxy', 'tests/kafka-proxy:0.2.8');
      expect(await textOf(`http://${address}:9080/index.html`)).toBe('server from the image\n');
      await good('firekiln rm -f kafka-proxy');
    },
  );

  it.runIf(isFull)(
    'https:// URL, with the older --init-command and resources beside the Dockerfile',
    long,
    async () => {
      await good(`firekiln build \\
    --binary-firecracker=$(readlink /usr/bin/firecracker) \\
    --binary-jailer=$(readlink /usr/bin/jailer) \\
    --chroot-base=/srv/jailer \\
    --dockerfile=${web?.origin}/hashicorp/docker-consul/master/0.X/Dockerfile \\
    --machine-cni-network-name=machine-builds \\
    --machine-rootfs-base=${folder}/rootfs \\
    --machine-ssh-user=debian \\
    --machine-vmlinux=${folder}/vmlinux/vmlinux-v5.8 \\
    --init-command='rm -rf /var/cache/apt && mkdir -p /var/cache/apt && sudo touch /initialised' \\
    --tag=tests/consul:1.9.4 --egress-test-target=${outside} --resources-mem=256`);
      const rootfs = join(folder, 'rootfs/_builds/tests/consul/1.9.4/rootfs');
      await runProcess('e2fsck', { args: ['-fn', rootfs] });
      for (const path of ['/initialised', '/usr/local/bin/docker-entrypoint.sh']) {
        const { stdout } = await runProcess('debugfs', { args: ['-R', `stat ${path}`, rootfs] });
        expect(String(stdout)).toMatch(/Type: regular/);
      }
    },
  );
});

/** A page, asked for until somebody answers. */
async function textOf(url: string): Promise<string> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await (await fetch(url, { signal: AbortSignal.timeout(10_000) })).text();
    } catch (error) {
      if (attempt >= 250) throw error;
      await sleep(1000);
    }
  }
}
