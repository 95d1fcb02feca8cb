import { byteStringFromText } from '../../base/byte-string.ts';
import { type CpioEntry, writeCpio } from '../../formats/cpio/cpio.ts';

/** Goes up whenever the same packages give another archive. */
export const toolsFormat = 2;

/** Made at assembly, so that the guest's init needs no time for them. */
const folders = ['dev', 'etc', 'mnt', 'proc', 'root', 'run', 'sys', 'tmp', 'var'];

/**
 * The part of the initramfs that comes from packages: the programs, a link to busybox for each applet that no program
 * replaces, and the accounts that sshd looks for. Deterministic.
 *
 * @param applets Names as `busybox --list` prints them.
 */
export function writeToolsArchive(files: ReadonlyMap<string, Buffer>, applets: readonly string[]): Buffer {
  const entries = new Map<string, CpioEntry>();
  const put = (path: string, mode: number, content: CpioEntry['content']) => {
    for (let at = path.indexOf('/'); at >= 0; at = path.indexOf('/', at + 1)) {
      const folder = path.slice(0, at);
      if (!entries.has(folder)) {
        entries.set(folder, { path: byteStringFromText(folder), mode: 0o755, content: { kind: 'directory' } });
      }
    }
    entries.set(path, { path: byteStringFromText(path), mode, content });
  };
  for (const folder of folders) put(folder, folder === 'tmp' ? 0o1777 : 0o755, { kind: 'directory' });
  for (const [path, data] of files) put(path, 0o755, { kind: 'file', data });
  for (const applet of applets) {
    if (['bin', 'sbin'].some((folder) => files.has(`${folder}/${applet}`))) continue;
    put(`bin/${applet}`, 0o777, { kind: 'symlink', target: byteStringFromText('busybox') });
  }
  const text = (path: string, mode: number, value: string) =>
    put(path, mode, { kind: 'file', data: Buffer.from(value) });
  text(
    'etc/passwd',
    0o644,
    'root:x:0:0:root:/root:/bin/sh\nsshd:x:74:65534:sshd:/run/sshd:/bin/false\nnobody:x:65534:65534:nobody:/:/bin/false\n',
  );
  text('etc/group', 0o644, 'root:x:0:\nnogroup:x:65534:\n');
  text('etc/shells', 0o644, '/bin/sh\n');
  text('etc/hosts', 0o644, '127.0.0.1 localhost\n::1 localhost\n');
  put('root', 0o700, { kind: 'directory' });
  // The kernel opens it for the first process before devtmpfs is mounted.
  put('dev/console', 0o600, { kind: 'character', major: 5, minor: 1 });
  return writeCpio(entries.values());
}
