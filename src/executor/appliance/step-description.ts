import { FirekilnError } from '../../base/errors/firekiln-error.ts';
import { quoteWord } from '../../base/quote-command.ts';
import type { ExecMount, ExecSegment } from '../executor.ts';
import type { StepEnvironment } from './step-environment.ts';

interface Owned {
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}

/** Builds the shell text that guest/step reads; see there for what the calls mean. */
export class StepDescription {
  readonly #device: (path: string) => string;
  readonly #drives = new Set<string>();
  readonly #views: string[] = [];
  readonly #caches: string[] = [];
  readonly #contents: string[] = [];
  readonly #mounts: string[] = [];
  #names = 0;

  constructor(device: (path: string) => string) {
    this.#device = device;
  }

  scratch(path: string): void {
    this.#drives.add(line('scratch', this.#device(path)));
  }

  /**
   * Folders of the guest with the file systems of segments, the topmost first. Of equal ones, such as those of two steps that
   * changed nothing, only the topmost is there, which hides all of the others: the kernel refuses an overlay that names a
   * folder twice.
   */
  folders(segments: readonly ExecSegment[]): string[] {
    const folders = segments.map(({ path }) => {
      this.#drives.add(line('drive', this.#device(path)));
      return `/d/${this.#device(path)}`;
    });
    return folders.length === 0 ? ['/empty'] : [...new Set(folders.reverse())];
  }

  /** The folder of the guest that shows a chain. */
  view(segments: readonly ExecSegment[], writable: boolean): string {
    const [first, ...others] = this.folders(segments);
    if (first !== undefined && others.length === 0 && !writable) return first;
    const name = String(this.#views.length);
    this.#views.push(line('view', name, [first, ...others].join(':')));
    return `/v/${name}`;
  }

  /** The folder of the guest that shows a cache mount. */
  cache({ imagePath, from, source, made }: Extract<ExecMount, { type: 'cache' }>): string {
    const device = this.#device(imagePath);
    this.#caches.push(line('cache', device, from.length === 0 ? '' : this.folders(from).join(':')));
    const root = from.length === 0 ? `/c/${device}/cache` : `/v/${device}`;
    if (made !== undefined) this.#caches.push(line('made', root, source, ...owner(made)));
    return root;
  }

  nextName(kind: string): string {
    return `${kind}${this.#names++}`;
  }

  /** A file of the guest's memory: `/run/step/NAME`. */
  content(name: string, data: Uint8Array, owned: Owned): void {
    const base64 = Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('base64');
    const lines = base64.match(/.{1,76}/g) ?? [];
    this.#contents.push([`${line('content', name, ...owner(owned))} <<'.'`, ...lines, '.'].join('\n'));
  }

  socket(path: string, owned: Owned): void {
    this.#contents.push(line('socket', path, ...owner(owned)));
  }

  /** `root` is a folder of the guest that no symlink on the way to `source` leads out of. */
  bind(root: string, source: string, target: string, options: string): void {
    this.#mounts.push(line('bind', `..${root}`, source, target, options));
  }

  tmpfs(target: string, options: string): void {
    this.#mounts.push(line('tmpfs', target, options));
  }

  text(
    variables: Readonly<Record<string, string>>,
    command: StepEnvironment & { readonly args: readonly string[] },
  ): string {
    const { args, env, path, needsHome } = command;
    const launch = [
      line('launch', path, args[0] ?? '', ...env),
      ...(needsHome ? ['"HOME=$USER_HOME"'] : []),
      line(...args),
    ].join(' ');
    const functions = {
      drives: [...this.#drives, ...this.#views, ...this.#caches],
      contents: this.#contents,
      mounts: this.#mounts,
      run: [launch],
    };
    return [
      ...Object.entries(variables).map(([name, value]) => `${name}=${line(value)}\n`),
      ...Object.entries(functions).map(([name, lines]) => `${name}() {\n${[':', ...lines].join('\n')}\n}\n`),
    ].join('');
  }
}

function owner({ mode, uid, gid }: Owned): string[] {
  return [mode.toString(8), String(uid), String(gid)];
}

function line(...words: readonly string[]): string {
  const bad = words.find((word) => word.includes('\0'));
  if (bad !== undefined) {
    const shown = JSON.stringify(bad.slice(0, 80));
    throw new FirekilnError('STEP_SETUP_FAILED', `a step has a word with a zero byte: ${shown}`);
  }
  return words.map(quoteWord).join(' ');
}
