import { mkdir, mkdtemp, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { FirekilnError, isFirekilnError } from '../../base/errors/firekiln-error.ts';
import { findProgram } from '../../base/find-program.ts';
import { lastLines } from '../../base/last-lines.ts';
import { runProcess } from '../../base/process.ts';

/** A package as the archives offer it, for this machine's architecture. */
export interface OfferedPackage {
  readonly name: string;
  /** As dpkg compares it, with its epoch. */
  readonly version: string;
}

const aptMs = 900_000;
const unpackMs = 300_000;

/**
 * The archives that this machine's apt is configured for, seen through package lists of one's own: nothing of the host
 * is changed and no root is needed. What is downloaded is verified by apt against the archives' signatures.
 */
export class AptArchive {
  readonly #workDir: string;
  readonly #signal: AbortSignal | undefined;

  private constructor(workDir: string, signal: AbortSignal | undefined) {
    this.#workDir = workDir;
    this.#signal = signal;
  }

  /**
   * Fetches the package lists. Everything is kept below `workDir`, which the caller removes. Throws PROGRAM_MISSING
   * where there is no apt, and PACKAGES_UNAVAILABLE.
   */
  static async open(workDir: string, signal?: AbortSignal): Promise<AptArchive> {
    for (const program of ['apt-get', 'apt-cache', 'dpkg-deb']) {
      if ((await findProgram(program)) !== undefined) continue;
      throw new FirekilnError(
        'PROGRAM_MISSING',
        `${program} is not installed, with which Debian packages are fetched`,
        {
          hint: 'Set up on a Debian or Ubuntu system; its data dir can be copied.',
        },
      );
    }
    for (const folder of ['lists/partial', 'cache/archives/partial']) {
      await mkdir(join(workDir, folder), { recursive: true });
    }
    const archive = new AptArchive(workDir, signal);
    await archive.#apt('apt-get', ['update']);
    return archive;
  }

  /** Throws PACKAGES_UNAVAILABLE for a name that the archives don't have. */
  async offered(names: readonly string[]): Promise<OfferedPackage[]> {
    const text = await this.#apt('apt-cache', ['show', '--no-all-versions', ...names]);
    const found = new Map<string, string>();
    for (const paragraph of text.split(/\n\n+/)) {
      const name = /^Package: (\S+)$/m.exec(paragraph)?.[1];
      const version = /^Version: (\S+)$/m.exec(paragraph)?.[1];
      if (name !== undefined && version !== undefined && !found.has(name)) found.set(name, version);
    }
    return names.map((name) => {
      const version = found.get(name);
      if (version === undefined) throw unavailable(`the archives have no package ${name}`, []);
      return { name, version };
    });
  }

  /** The names of what these packages depend on, directly or not, themselves first; alternatives are all named. */
  async closure(names: readonly string[]): Promise<string[]> {
    const without = ['recommends', 'suggests', 'conflicts', 'breaks', 'replaces', 'enhances'].map((x) => `--no-${x}`);
    const text = await this.#apt('apt-cache', ['depends', '--recurse', ...without, ...names]);
    const lines = text.split('\n').filter((line) => /^[a-z0-9][a-z0-9+.-]*$/.test(line));
    return [...new Set([...names, ...lines])];
  }

  /** The packages that a package depends on directly. */
  async dependsOf(name: string): Promise<string[]> {
    const text = await this.#apt('apt-cache', ['depends', name]);
    return [...text.matchAll(/^ +Depends: (\S+)$/gm)].map((match) => match[1] ?? '');
  }

  /** Downloads packages and unpacks them into a folder, one over another; their scripts are not run. */
  async unpack(names: readonly string[], folder: string): Promise<void> {
    const downloads = await mkdtemp(join(this.#workDir, 'downloads-'));
    await this.#apt('apt-get', ['download', ...names], downloads);
    for (const file of (await readdir(downloads)).sort()) {
      if (!file.endsWith('.deb')) continue;
      await runProcess('dpkg-deb', {
        args: ['-x', join(downloads, file), folder],
        timeoutMs: unpackMs,
        signal: this.#signal,
      });
    }
  }

  async #apt(command: string, args: readonly string[], cwd = this.#workDir): Promise<string> {
    const settings = {
      'Dir::State::lists': join(this.#workDir, 'lists'),
      'Dir::Cache': join(this.#workDir, 'cache'),
      // As root, apt would download as the user _apt, who can't enter a private folder.
      'APT::Sandbox::User': 'root',
      'Acquire::Languages': 'none',
      'Acquire::Retries': '3',
    };
    const options = Object.entries(settings).flatMap(([key, value]) => ['-o', `${key}=${value}`]);
    try {
      const { stdout } = await runProcess(command, {
        args: ['-qq', ...options, ...args],
        cwd,
        env: { ...process.env, LC_ALL: 'C.UTF-8', DEBIAN_FRONTEND: 'noninteractive' },
        timeoutMs: aptMs,
        signal: this.#signal,
        maxOutputBytes: 16 << 20,
      });
      return String(stdout);
    } catch (error) {
      if (!isFirekilnError(error) || (error.code !== 'PROCESS_FAILED' && error.code !== 'TIMEOUT')) throw error;
      throw unavailable(`\`${command} ${args[0]}\` failed: Debian packages can not be fetched`, error.details ?? []);
    }
  }
}

function unavailable(message: string, details: readonly string[]): FirekilnError {
  return new FirekilnError('PACKAGES_UNAVAILABLE', message, {
    details: lastLines(Buffer.from(details.slice(1).join('\n')), 10),
    hint: 'Check the network and /etc/apt/sources.list; `apt-get update` as root shows the same trouble.',
  });
}
