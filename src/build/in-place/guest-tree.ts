import { type ByteString, byteString, bytesOf } from '../../base/byte-string.ts';
import { FirekilnError } from '../../base/errors/firekiln-error.ts';
import { lastLines } from '../../base/last-lines.ts';
import { MemoryLayerBuilder } from '../../formats/layer-index/memory-layer.ts';
import { mergeLayers } from '../../formats/tree/merged-tree.ts';
import type { Tree } from '../../formats/tree/tree.ts';
import type { BaseVm } from '../../guest/base/base-vm.ts';
import { resolveInTree } from '../../ops/file/resolve.ts';
import { asRoot } from './remote-command.ts';

/** What there is to know of a path in a VM. */
interface PathFact {
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly mtimeSec: number;
  readonly linkTarget: ByteString | undefined;
}

const accountFiles = ['/etc/passwd', '/etc/group'];
const maxAccountBytes = 8 << 20;
/** As many links one behind the other end in an error of the resolver before. */
const maxRounds = 300;
const formatMask = 0o170000;
const [directory, regular, symlink] = [0o040000, 0o100000, 0o120000];

/**
 * The part of a running base's file system that a COPY depends on: the folders and symlinks on the way to its places, and
 * the files that name users. Asked for in the VM, path by path; what is not asked for does not seem to be there.
 */
export class GuestTree {
  readonly #vm: BaseVm;
  readonly #user: string;
  readonly #signal: AbortSignal;
  readonly #facts = new Map<ByteString, PathFact | undefined>();
  #accounts: ReadonlyMap<string, Buffer> | undefined;

  constructor(vm: BaseVm, user: string, signal: AbortSignal) {
    this.#vm = vm;
    this.#user = user;
    this.#signal = signal;
  }

  /** Finds out about paths and all folders above them, along symlinks. True if there is one that is there. */
  async learn(paths: readonly ByteString[]): Promise<boolean> {
    let found = false;
    for (let round = 0; round < maxRounds; round++) {
      const unknown = new Set<ByteString>();
      for (const path of paths) {
        const resolved = resolveInTree(path, { readLink: (at) => this.#facts.get(at)?.linkTarget, followLast: true });
        for (const at of [...prefixes(path), ...prefixes(resolved)]) if (!this.#facts.has(at)) unknown.add(at);
      }
      if (unknown.size === 0) return found;
      await this.#ask([...unknown]);
      found ||= [...unknown].some((at) => this.#facts.get(at) !== undefined);
    }
    throw new FirekilnError('SYMLINK_LOOP', 'the base has too many symbolic links one behind the other');
  }

  /** What is known, as a tree. Without `names` nothing is known of users. */
  async tree({ names }: { readonly names: boolean }): Promise<Tree> {
    const layer = new MemoryLayerBuilder();
    const sorted = [...this.#facts].sort(([a], [b]) => (a < b ? -1 : 1));
    for (const [path, fact] of sorted) {
      if (fact === undefined) continue;
      const { mode, uid, gid, mtimeSec, linkTarget } = fact;
      const meta = { mode: mode & 0o7777, uid, gid, mtimeSec };
      const format = mode & formatMask;
      if (format === directory) layer.folder(bytesOf(path), meta);
      else if (format === symlink && linkTarget !== undefined) layer.symlink(bytesOf(path), bytesOf(linkTarget), meta);
      else if (format === regular && !accountFiles.includes(`/${path}`)) layer.file(bytesOf(path), '', meta);
      else if (format !== regular) layer.special(bytesOf(path), 'fifo', meta);
    }
    if (names) for (const [path, data] of await this.#readAccounts()) layer.file(path, data);
    return mergeLayers([layer.build()]);
  }

  async #readAccounts(): Promise<ReadonlyMap<string, Buffer>> {
    if (this.#accounts !== undefined) return this.#accounts;
    const found = new Map<string, Buffer>();
    for (const path of accountFiles) {
      const { exitCode, stdout } = await this.#run(`head -c ${maxAccountBytes} ${path}`);
      if (exitCode === 0) found.set(path, stdout);
    }
    this.#accounts = found;
    return found;
  }

  async #ask(paths: readonly ByteString[]): Promise<void> {
    const script =
      'while IFS= read -r p; do if s=$(stat -c "%f %u %g %Y" -- "/$p" 2>/dev/null); then echo "$s"; if [ -L "/$p" ]; then readlink -- "/$p"; else echo; fi; else echo -; fi; done';
    const input = Buffer.concat(paths.flatMap((path) => [bytesOf(path), Buffer.from('\n')]));
    const { exitCode, stdout, stderr } = await this.#run(script, input);
    const lines = stdout.toString('latin1').split('\n');
    for (const path of paths) {
      const line = lines.shift() ?? '';
      if (line === '-') {
        this.#facts.set(path, undefined);
        continue;
      }
      const [mode = '', uid, gid, mtime] = line.split(' ');
      const link = lines.shift();
      if (exitCode !== 0 || !/^[0-9a-f]+$/.test(mode) || link === undefined) {
        throw new FirekilnError('GUEST_COMMAND_FAILED', 'the base could not be asked for its files', {
          details: lastLines(stderr, 10),
        });
      }
      this.#facts.set(path, {
        mode: Number.parseInt(mode, 16),
        uid: Number(uid),
        gid: Number(gid),
        mtimeSec: Number(mtime),
        linkTarget: link === '' ? undefined : byteString(Buffer.from(link, 'latin1')),
      });
    }
  }

  async #run(script: string, stdin?: Uint8Array) {
    const options = { signal: this.#signal, ...(stdin === undefined ? {} : { stdin }) };
    return await this.#vm.exec(asRoot(script, this.#user), options);
  }
}

/** All folders above a path, and the path. */
function prefixes(path: ByteString): ByteString[] {
  const parts = path.split('/');
  return path === '' ? [] : parts.map((_, i) => parts.slice(0, i + 1).join('/') as ByteString);
}
