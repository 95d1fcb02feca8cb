import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { throwIfAborted } from '../../base/abort.ts';
import type { Digest } from '../../base/digest.ts';
import { FirekilnError } from '../../base/errors/firekiln-error.ts';
import type { Emitter } from '../../base/events.ts';
import { findProgram } from '../../base/find-program.ts';
import { lastLines } from '../../base/last-lines.ts';
import { runProcess, startProcess } from '../../base/process.ts';
import { systemCode } from '../../base/system-error.ts';
import { hostPlatform } from '../../formats/oci/platform.ts';
import type { Store } from '../../store/store.ts';
import { commitImage } from '../commit-image.ts';
import type { StoredImage } from '../image.ts';
import { aptLines, keyPackages, keyrings } from './apt-mirrors.ts';
import { type BaseName, baseRecipe, parseBaseName } from './base-name.ts';

export interface BaseOptions {
  /** Instead of the archives that the host's apt is configured for. */
  readonly mirror?: string | undefined;
  /** Seconds since the epoch: no file is newer, and the same packages give the same image. */
  readonly sourceDateEpoch?: number | undefined;
  /** Of this program, for the metadata. */
  readonly version: string;
  /** The node of the events. */
  readonly node: string;
  readonly emitter: Emitter;
  readonly signal?: AbortSignal | undefined;
}

const buildMs = 1_800_000;

/** What the images of that name leave out, as Debian's own do. */
const slimOptions = [
  'path-exclude=/usr/share/doc/*',
  'path-include=/usr/share/doc/*/copyright',
  'path-exclude=/usr/share/man/*',
  'path-exclude=/usr/share/info/*',
  'path-exclude=/usr/share/locale/*',
  'path-exclude=/usr/share/lintian/*',
];

/** What mmdebstrap copies from the host while it works. */
const cleanHook = 'rm -f "$1/etc/hostname" "$1/etc/resolv.conf"';

/** Services are not to be started where packages are installed: there is no init in a build. */
const policyHook =
  'printf \'#!/bin/sh\\nexit 101\\n\' > "$1/usr/sbin/policy-rc.d" && chmod 0755 "$1/usr/sbin/policy-rc.d"';

/**
 * Makes a minimal system of a distribution's packages (mmdebstrap, as root or by user namespaces) and keeps it as an
 * image of one layer. Throws BASE_UNSUPPORTED, PROGRAM_MISSING and PACKAGES_UNAVAILABLE.
 */
export async function buildBase(store: Store, name: string, options: BaseOptions): Promise<StoredImage> {
  const base = parseBaseName(name);
  const { sourceDateEpoch: epoch, emitter, node } = options;
  if ((await findProgram('mmdebstrap')) === undefined) {
    throw new FirekilnError('PROGRAM_MISSING', 'mmdebstrap is not installed, with which bases are made', {
      hint: 'On Debian and Ubuntu: `apt-get install mmdebstrap uidmap`.',
    });
  }
  await using _lease = await store.lease(`making ${name}`);
  const { lines, mirror } = await aptLines(base, options);
  const origin = `${mirror} ${base.suite}`;
  const started = performance.now();
  emitter.emit({ event: 'node.started', node, name: `${base.names[0]} from ${origin}` });
  try {
    const args = [
      '--variant=minbase',
      '--format=tar',
      '--include=apt,ca-certificates',
      ...(base.slim ? slimOptions.map((option) => `--dpkgopt=${option}`) : []),
      `--customize-hook=${policyHook}`,
      `--customize-hook=${cleanHook}`,
      base.suite,
      '-',
      '-',
    ];
    const diffId = await storeOutput(store, args, lines, options, { ...base, origin });
    const platform = hostPlatform();
    const created = new Date(epoch === undefined ? Date.now() : epoch * 1000).toISOString();
    const image = await commitImage(store, {
      platform,
      config: { Env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'], Cmd: ['bash'] },
      history: [{ created, created_by: `mmdebstrap ${base.suite}`, comment: 'firekiln base build' }],
      layers: [diffId],
      created,
      tags: base.names,
      metadata: {
        version: 1,
        tags: base.names,
        provenance: { dockerfile: `${baseRecipe}${name}`, context: origin, bases: [] },
        firekiln: options.version,
      },
    });
    emitter.emit({ event: 'node.finished', node, durationMs: performance.now() - started });
    return image;
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    emitter.emit({ event: 'node.failed', node, durationMs: performance.now() - started, text });
    throw error;
  }
}

/** Runs mmdebstrap, whose tar goes straight into the store. */
async function storeOutput(
  store: Store,
  args: readonly string[],
  lines: readonly string[],
  { sourceDateEpoch: epoch, node, emitter, signal }: BaseOptions,
  { distribution, origin }: Pick<BaseName, 'distribution'> & { readonly origin: string },
): Promise<Digest> {
  await using work = await makeWorkFolder();
  const output = new PassThrough();
  const child = await startProcess('mmdebstrap', {
    args,
    stdin: { text: `${lines.join('\n')}\n` },
    stdout: { into: output },
    stderr: { each: (data) => tell(data) },
    env: {
      ...process.env,
      LC_ALL: 'C.UTF-8',
      TMPDIR: work.path,
      ...(epoch === undefined ? {} : { SOURCE_DATE_EPOCH: String(epoch) }),
    },
    timeoutMs: buildMs,
    signal,
  });
  const said: Buffer[] = [];
  function tell(data: Buffer): void {
    said.push(data);
    emitter.emit({ event: 'node.log', node, stream: 'stderr', data });
  }
  // The tar counts only if the program that wrote it ended well.
  async function* tar(): AsyncGenerator<Uint8Array> {
    yield* output as AsyncIterable<Buffer>;
    const { exitCode, timedOut } = await child.result;
    if (exitCode === 0) return;
    throwIfAborted(signal, 'making a system of packages');
    throw new FirekilnError(
      timedOut ? 'TIMEOUT' : 'PACKAGES_UNAVAILABLE',
      `mmdebstrap made no system from ${origin}${timedOut ? ` in ${buildMs / 60_000} minutes` : ''}`,
      {
        details: complaints(Buffer.concat(said)),
        hint: Buffer.concat(said).includes('NO_PUBKEY')
          ? `The host does not have the keys of the archive. Put them at ${keyrings[distribution]}: the package ${keyPackages[distribution]} does, or take the file from a machine that has it.`
          : 'Its last lines say why: no such suite at the mirror (--mirror names another), no network, or no right to use user namespaces.',
      },
    );
  }
  try {
    return (await store.layers.put(tar(), { from: 'mmdebstrap', signal })).diffId;
  } finally {
    await child.stop();
  }
}

/**
 * Where the system is put together. What mmdebstrap leaves when it is stopped is removed with it, though the files may
 * belong to ids that only its user namespace has.
 */
async function makeWorkFolder(): Promise<{ readonly path: string } & AsyncDisposable> {
  const path = await mkdtemp(join(tmpdir(), `firekiln-${process.pid}-packages-`));
  // Those ids have to get in.
  await chmod(path, 0o755);
  const remove = async () => {
    try {
      await rm(path, { recursive: true, force: true });
    } catch (error) {
      if (!['EACCES', 'EPERM'].includes(systemCode(error) ?? '')) throw error;
      await runProcess('unshare', { args: ['--map-root-user', '--map-auto', '--', 'rm', '-rf', '--', path] });
    }
  };
  return { path, [Symbol.asyncDispose]: remove };
}

/** What apt and mmdebstrap complain of; the last they said where they do not mark it. */
function complaints(said: Buffer): readonly string[] {
  const lines = lastLines(said, 1000);
  const marked = lines.filter(
    (line, i) => /^(?:Err|E|W):/.test(line) || (line.startsWith('  ') && lines[i - 1]?.startsWith('Err:') === true),
  );
  return marked.length === 0 ? lines.slice(-15) : [...new Set(marked)].slice(-10);
}
