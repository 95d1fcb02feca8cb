import type { ByteString } from '../../base/byte-string.ts';

/** Hard links of an archive that came before the file that they are names of. */
export class ArchiveLinks {
  /** Targets by path. */
  readonly #targets = new Map<ByteString, ByteString>();
  readonly #byTarget = new Map<ByteString, ByteString[]>();

  wait(path: ByteString, target: ByteString): void {
    this.#targets.set(path, target);
    const others = this.#byTarget.get(target);
    if (others === undefined) this.#byTarget.set(target, [path]);
    else others.push(path);
  }

  /** Something else is at the path now. */
  forget(path: ByteString): void {
    this.#targets.delete(path);
  }

  /** Paths that waited for this one, and no longer do. */
  takeThose(target: ByteString): ByteString[] {
    const found = (this.#byTarget.get(target) ?? []).filter((path) => this.#targets.get(path) === target);
    this.#byTarget.delete(target);
    for (const path of found) this.#targets.delete(path);
    return found;
  }

  *left(): IterableIterator<{ readonly path: ByteString; readonly target: ByteString }> {
    for (const [path, target] of this.#targets) yield { path, target };
  }
}
