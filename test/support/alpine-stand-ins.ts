import { generateKeyPairSync } from 'node:crypto';
import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { tryProcess } from '../../src/base/process.ts';
import { findTool } from './tools.ts';

/** What of Alpine's service file counts here; Debian's sshd wants its empty folder in /run. */
const service = `#!/sbin/openrc-run
command=/usr/sbin/sshd
pidfile=/run/sshd.pid
required_files=/etc/ssh/sshd_config
depend() { use logger dns; after entropy; }
start_pre() {
  mkdir -p /run/sshd
  yesno "$sshd_disable_keygen" || ssh-keygen -A || return 1
  "$command" -t
}
`;
/** It says no to some things, as Alpine's does, and includes nothing. */
const sshdConfig = 'AuthorizedKeysFile .ssh/authorized_keys\nAllowTcpForwarding no\n';

/** What the package has added to an Alpine, and how its packages are made of folders: with a repository and a key of its own. */
const dockerfile = `FROM alpine:disk
COPY apk.rsa.pub /etc/apk/keys/
RUN --mount=type=bind,target=/context set -e; \\
  : >/etc/apk/repositories; \\
  apk del --no-network cloud-utils-growpart curl dhcpcd e2fsprogs-extra linux-virt; \\
  rm -rf /.dockerenv /etc/init.d/quicksand* /etc/init.d/setup-dns /etc/sudoers.d/quicksand /etc/resolv.conf.quicksand \\
    /etc/runlevels/*/* /home/quicksand /boot/* /usr/local/bin/*; \\
  sed -i '/^quicksand:/d' /etc/passwd /etc/shadow /etc/group; \\
  sed -i -E 's/^(rc_|respawn)/#\\1/' /etc/rc.conf; \\
  mkdir /repository; \\
  cd /context/packages; \\
  for name in *; do \\
    apk mkpkg --files "$name" --info "name:$name" --info version:1-r0 --info arch:x86_64 \\
      --sign-key /context/apk.rsa --output "/repository/$name-1-r0.apk"; \\
  done; \\
  cd /repository; \\
  apk mkndx --sign-key /context/apk.rsa --output Packages.adb *.apk; \\
  echo /repository/Packages.adb >/etc/apk/repositories
CMD ["/bin/sh"]
`;

/**
 * Fills a folder with the context of a build that makes of the Alpine of {@link alpineDisk}, `alpine:disk`, what `alpine:3.22`
 * is to a recipe: stand-ins for the packages that are not on that disk, programs of this Debian, are in its repository.
 */
export async function writeAlpineContext(folder: string): Promise<void> {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
  });
  const put = async (path: string, text: string, mode = 0o644) => {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text, { mode });
  };
  await put('Dockerfile', dockerfile);
  await put('apk.rsa', privateKey, 0o600);
  await put('apk.rsa.pub', publicKey);
  // busybox has an ip.
  await put('packages/iproute2/usr/share/stand-in', '');
  await put('packages/openssh-server/etc/ssh/sshd_config', sshdConfig);
  await put('packages/openssh-server-common-openrc/etc/init.d/sshd', service, 0o755);
  const programs = { 'openssh-server': 'sshd', 'openssh-keygen': 'ssh-keygen', setpriv: 'setpriv' };
  for (const [name, program] of Object.entries(programs)) {
    const path = findTool(program) ?? '';
    await copyTo(join(folder, 'packages', name), path, `/usr/${program === 'sshd' ? 'sbin' : 'bin'}/${program}`);
    const { stdout } = await tryProcess('ldd', { args: [path] });
    // Two packages may not bring the same file.
    const libraries = stdout.toString().match(/\/\S+/g) ?? [];
    for (const library of libraries) await copyTo(join(folder, 'packages/openssh-server'), library, library);
  }
}

async function copyTo(root: string, from: string, to: string): Promise<void> {
  await mkdir(dirname(join(root, to)), { recursive: true });
  await copyFile(from, join(root, to));
}
