import { Readable } from 'node:stream';
import type { ByteString } from '../../base/byte-string.ts';
import { FirekilnError } from '../../base/errors/firekiln-error.ts';
import { lastLines } from '../../base/last-lines.ts';
import type { FileNode } from '../../graph/node.ts';
import { isNumericOwner } from '../../graph/owner-id.ts';
import type { BaseVm } from '../../guest/base/base-vm.ts';
import { buildTime } from '../../ops/build-time.ts';
import type { Chain, OpsEnvironment } from '../../ops/environment.ts';
import { applyActions } from '../../ops/file/apply-actions.ts';
import { ArchiveUnpacker } from '../../ops/file/archive-unpacker.ts';
import { FileSources } from '../../ops/file/file-sources.ts';
import { treePath } from '../../ops/file/paths.ts';
import { workLayer } from '../../ops/file/work-layer.ts';
import { WorkTree } from '../../ops/file/work-tree.ts';
import { fullDiskHint } from './full-disk.ts';
import { GuestTree } from './guest-tree.ts';
import { asRoot } from './remote-command.ts';

export interface PutContext {
  readonly vm: BaseVm;
  /** Of the login. */
  readonly user: string;
  readonly environment: OpsEnvironment;
  /** The solved chain of a node that is copied from, and its name. */
  readonly chainOf: (node: string) => { readonly chain: Chain; readonly name: string };
  readonly signal: AbortSignal;
}

/** So many rounds of "what is there?" are enough for anything but a tree made to be in the way. */
const maxRounds = 20;
/** Beyond, what is below the first folders of a copy is taken to be new. */
const maxAsked = 20_000;

/**
 * Carries `WORKDIR`, `COPY` and `ADD` out in a running base: works out here what they add, as for any other build, over
 * what the VM says it has at those places; and unpacks that there as root.
 */
export async function putFiles(node: FileNode, context: PutContext): Promise<void> {
  const { vm, user, environment, signal } = context;
  const time = buildTime(environment);
  const guest = new GuestTree(vm, user, signal);
  using sources = new FileSources(environment, context.chainOf, time);
  await using unpacker = new ArchiveUnpacker(environment.store, signal);
  await guest.learn(
    node.actions.map((action) => treePath(action.action === 'mkdir' ? action.path : action.destination)),
  );
  const names = node.actions.some(({ owner }) => owner !== undefined && !isNumericOwner(owner));
  for (let round = 0; round < maxRounds; round++) {
    const work = new WorkTree(await guest.tree({ names }));
    const open = async (from: Parameters<FileSources['open']>[0]) => await sources.open(from);
    await applyActions(work, node.actions, { open, unpacker, time, signal });
    const places: ByteString[] = [];
    for (const { path, change } of work.changes()) {
      if (places.length >= maxAsked) break;
      if (change.type === 'present' && path !== '') places.push(path);
    }
    if (await guest.learn(places)) continue;
    if (places.length > 0)
      await unpack(vm, user, workLayer(work, { signal, clampTime: environment.sourceDateEpoch }), signal);
    return;
  }
  throw new FirekilnError('GUEST_COMMAND_FAILED', 'the files of the base keep changing while a COPY looks at them');
}

/** Unpacks a tar at the root of a base, owners by number. */
export async function unpack(
  vm: BaseVm,
  user: string,
  tar: AsyncIterable<Uint8Array>,
  signal: AbortSignal,
): Promise<void> {
  const script =
    'if tar --version 2>/dev/null | grep -q GNU; then set -- --numeric-owner --xattrs \'--xattrs-include=*\'; fi; exec tar "$@" -xpf - -C /';
  const stdin = Readable.from(tar, { objectMode: false });
  const { exitCode, stderr } = await vm.exec(asRoot(script, user), { stdin, signal });
  if (exitCode === 0) return;
  throw new FirekilnError('GUEST_COMMAND_FAILED', 'files could not be unpacked in the base', {
    details: lastLines(stderr, 10),
    hint: await fullDiskHint(vm, lastLines(stderr, 10)),
  });
}
