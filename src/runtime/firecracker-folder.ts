import { chmod, copyFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type ByteString, byteStringFromText } from '../base/byte-string.ts';
import { digestOfValue } from '../base/digest.ts';
import { explainSystemError } from '../base/system-error.ts';
import { fileChunks } from '../formats/tree/file-data.ts';
import { mergeLayers } from '../formats/tree/merged-tree.ts';
import type { Tree } from '../formats/tree/tree.ts';
import type { Appliance } from '../guest/guest.ts';
import { writeLoneSeed } from '../guest/seed.ts';
import { clampedTree } from '../images/export/clamped-tree.ts';
import { defaultFreeBytes, type OutputRequest } from '../images/export/export-request.ts';
import { FreshFolder } from '../images/export/fresh-folder.ts';
import { writeExt4File } from '../images/ext4-file.ts';
import { openChain } from '../images/open-chain.ts';
import { emptySource } from '../images/segments/segment-source.ts';
import { resolveInTree } from '../ops/file/resolve.ts';
import type { Store } from '../store/store.ts';
import { joinInitrds } from '../vm/join-initrds.ts';
import { firecrackerConfig, type MakeConfig } from './firecracker-config.ts';
import { processConfig, volumesOf } from './options/process-config.ts';
import { enterCommand } from './shim/guest-program.ts';
import { resolveUser } from './shim/resolve-user.ts';
import { setupConfig } from './shim/setup-config.ts';

export interface FirecrackerFolderOptions {
  readonly appliance: Appliance;
  /** The driver's. */
  readonly makeConfig: MakeConfig;
}

const hostname = 'firekiln';
/** More of an account file is not read. */
const maxAccountBytes = 256 * 1024;

/**
 * A folder that `firecracker --no-api --config-file config.json` boots into the image's program: kernel, initramfs, the
 * image as a read-only drive and a second one for what the VM writes. Throws RUN_NO_COMMAND, RUN_USER_UNKNOWN,
 * EXPORT_PLACE, DISK_FULL.
 */
export async function exportFirecracker(
  store: Store,
  request: OutputRequest,
  { appliance, makeConfig }: FirecrackerFolderOptions,
): Promise<void> {
  const { dest, image, sourceDateEpoch: epoch = 0, signal } = request;
  const config = image.config.config ?? {};
  const { args, env, user, workdir } = processConfig(config, { command: [], env: [] }, image.name);
  using chain = await openChain(store, image.layers);
  const tree = mergeLayers(chain.layers);
  const resolved = resolveUser(user, accountFile(tree, 'etc/passwd'), accountFile(tree, 'etc/group'));
  await using folder = await FreshFolder.create(dest, 'replace');
  const at = (name: string) => join(folder.path, name);
  const named = { layers: image.layers, epoch };
  await writeExt4File(clampedTree(tree, request.sourceDateEpoch), at('rootfs.ext4'), {
    identity: digestOfValue({ root: named }),
    epoch,
    signal,
  });
  const size = request.freeBytes ?? defaultFreeBytes;
  const identity = digestOfValue({ scratch: named, size });
  await writeExt4File(emptySource, at('scratch.ext4'), {
    identity,
    label: 'scratch',
    epoch,
    writable: { size },
    signal,
  });
  try {
    await copyFile(appliance.kernel.vmlinux, at('vmlinux'));
    if (appliance.modules !== undefined) await copyFile(appliance.modules, at('modules.ext4'));
    const setup = setupConfig({
      root: 'layered',
      init: 'firekiln',
      segmentCount: 1,
      drivePrefix: 'vd',
      hasModules: appliance.modules !== undefined,
      release: appliance.release,
      hostname,
      workdir,
      volumes: volumesOf(config),
    });
    const withName = [...env.slice(0, 1), `HOSTNAME=${hostname}`, ...env.slice(1)];
    const main = enterCommand({ slot: 'main', args, env: withName, user: resolved, workdir, terminal: undefined });
    const driveCount = appliance.modules === undefined ? 2 : 3;
    await writeFile(
      at('seed'),
      writeLoneSeed({ hostname, driveCount, files: { config: setup, 'main.sh': `${main}\n` } }),
    );
    await joinInitrds([appliance.initrd, at('seed')], at('initrd'));
    await rm(at('seed'));
    for (const name of ['vmlinux', 'initrd']) await chmod(at(name), 0o644);
    const json = firecrackerConfig(makeConfig, appliance.modules !== undefined);
    await writeFile(at('config.json'), `${JSON.stringify(json, null, 2)}\n`);
  } catch (error) {
    throw explainSystemError(error, 'writing', dest);
  }
  await folder.replace('config.json');
}

function accountFile(tree: Tree, path: string): string {
  const readLink = (at: ByteString) => tree.lookup(at)?.inode.linkTarget;
  const inode = tree.lookup(resolveInTree(byteStringFromText(path), { readLink, followLast: true }))?.inode;
  if (inode?.kind !== 'file') return '';
  const parts: Buffer[] = [];
  let size = 0;
  for (const chunk of fileChunks(tree, inode)) {
    parts.push(Buffer.from(chunk.subarray(0, maxAccountBytes - size)));
    size += chunk.length;
    if (size >= maxAccountBytes) break;
  }
  return Buffer.concat(parts).toString('utf8');
}
