import { execFileSync } from 'node:child_process';

/** What Python's tarfile sees in an archive. Bytes as hexadecimal digits. */
export interface PythonMember {
  readonly name: string;
  readonly type: string;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly size: number;
  /** In seconds, as the archive has it. */
  readonly mtime: string;
  readonly linkname: string;
  readonly devmajor: number;
  readonly devminor: number;
  /** Of a file: SHA-256 of its content. */
  readonly sha256?: string;
  readonly xattrs: Readonly<Record<string, string>>;
}

const script = `
import tarfile, sys, json, hashlib
def raw(text): return text.encode('utf-8', 'surrogateescape').hex()
members = []
with tarfile.open(sys.argv[1], 'r:', encoding='utf-8', errors='surrogateescape') as archive:
    for m in archive:
        one = dict(name=raw(m.name), type=m.type.decode('latin1'), mode=m.mode, uid=m.uid, gid=m.gid, size=m.size,
            mtime=m.pax_headers.get('mtime', str(m.mtime)), linkname=raw(m.linkname), devmajor=m.devmajor,
            devminor=m.devminor, xattrs={raw(k[13:]): raw(v) for k, v in m.pax_headers.items()
            if k.startswith('SCHILY.xattr.')})
        if m.isfile():
            digest = hashlib.sha256()
            source = archive.extractfile(m)
            while chunk := source.read(1 << 20): digest.update(chunk)
            one['sha256'] = digest.hexdigest()
        members.append(one)
json.dump(members, sys.stdout)
`;

export function readWithPython(path: string): PythonMember[] {
  return JSON.parse(execFileSync('python3', ['-c', script, path], { maxBuffer: 1 << 28 }).toString());
}

/** Runs a Python script with arguments. */
export function python(source: string, ...args: string[]): string {
  return execFileSync('python3', ['-c', source, ...args], { maxBuffer: 1 << 28 }).toString();
}

export function run(
  program: string,
  args: readonly string[],
  options: { cwd?: string; input?: Uint8Array } = {},
): Buffer {
  return execFileSync(program, args, { maxBuffer: 1 << 28, stdio: ['pipe', 'pipe', 'pipe'], ...options });
}
