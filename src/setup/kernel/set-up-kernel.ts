import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Digest, digestOfValue } from '../../base/digest.ts';
import { FirekilnError } from '../../base/errors/firekiln-error.ts';
import type { Store } from '../../store/store.ts';
import { runStep } from '../run-step.ts';
import type { SetupContext } from '../setup-context.ts';
import { contentDigests } from './content-digests.ts';
import { depmodPackages, runDepmod } from './depmod.ts';
import { type KernelFacts, kernelFiles, kernelFormat, writeKernel } from './write-kernel.ts';

/** The kernel that machines boot with, as it lies in the store. */
export interface InstalledKernel extends KernelFacts {
  readonly key: Digest;
  readonly folder: string;
}

const kind = 'kernel';
const pin = 'setup:kernel';
/** Depends on the newest cloud kernel of the release. */
const metaPackage = 'linux-image-cloud-amd64';

/**
 * The kernel that was set up last, if the store still has it. Throws APPLIANCE_MISSING for a kernel of the user's own that
 * an other version of Firekiln has kept: it can't be fetched again.
 */
export async function findKernel(store: Store): Promise<InstalledKernel | undefined> {
  const key = (await store.pins.list()).find(({ name }) => name === pin)?.refs[0];
  const folder = key === undefined ? undefined : await store.artifacts.find(kind, key);
  if (key === undefined || folder === undefined) return undefined;
  const facts = JSON.parse(await readFile(join(folder, kernelFiles.facts), 'utf8')) as KernelFacts;
  if (facts.format === kernelFormat) return { ...facts, key, folder };
  if (!facts.origin.startsWith('/')) return undefined;
  throw new FirekilnError('APPLIANCE_MISSING', `the kernel ${facts.origin} was set up by another version of Firekiln`, {
    hint: `Run \`firekiln setup kernel --from ${facts.origin}\`, or \`firekiln setup kernel --upgrade\` for Debian's.`,
  });
}

/** Makes a kernel that the store has the one that machines boot with; undefined: none. */
export async function chooseKernel(store: Store, key: Digest | undefined): Promise<void> {
  if (key === undefined) await store.pins.remove(pin);
  else await store.pins.set(pin, [key]);
}

/** Fetches the newest cloud kernel of Debian and keeps it; what the store has already is not fetched again. */
export async function setUpDebianKernel(context: SetupContext): Promise<InstalledKernel> {
  return await runStep(context, 'kernel', 'guest kernel from Debian', async () => {
    const archive = await context.archive();
    const name = (await archive.dependsOf(metaPackage)).find((one) => /^linux-image-.*cloud-amd64$/.test(one));
    const [offered] = name === undefined ? [] : await archive.offered([name]);
    if (offered === undefined) {
      throw new FirekilnError('PACKAGES_UNAVAILABLE', `${metaPackage} does not say which kernel is current`);
    }
    const origin = `Debian ${offered.name} ${offered.version}`;
    const key = digestOfValue({ what: 'kernel', format: kernelFormat, ...offered });
    return await keep(context, key, origin, async (folder, signal) => {
      const tree = await context.workFolder();
      await archive.unpack([offered.name], tree);
      const [kernel] = (await readdir(join(tree, 'boot'))).filter((file) => file.startsWith('vmlinuz-'));
      const release = kernel?.slice('vmlinuz-'.length);
      const root = existsSync(join(tree, 'lib/modules')) ? tree : join(tree, 'usr');
      if (kernel === undefined || release === undefined) throw new Error(`${offered.name} holds no kernel`);
      const tools = await context.workFolder();
      await archive.unpack(depmodPackages, tools);
      await runDepmod(tools, root, release, signal);
      const source = { kernel: join(tree, 'boot', kernel), modules: join(root, 'lib/modules', release), origin };
      await writeKernel(source, folder, signal);
    });
  });
}

/**
 * Keeps a kernel of the user's own. Throws KERNEL_INVALID and KERNEL_UNFIT.
 *
 * @param source.modules `lib/modules/<release>` with the files of depmod(8); absent if everything is built in.
 */
export async function setUpOwnKernel(
  context: SetupContext,
  source: { readonly kernel: string; readonly modules?: string | undefined },
): Promise<InstalledKernel> {
  return await runStep(context, 'kernel', `guest kernel from ${source.kernel}`, async () => {
    const digests = await contentDigests(source);
    const key = digestOfValue({ what: 'own kernel', format: kernelFormat, ...digests });
    return await keep(context, key, source.kernel, async (folder, signal) => {
      await writeKernel({ ...source, origin: source.kernel }, folder, signal);
    });
  });
}

async function keep(
  { store, signal }: SetupContext,
  key: Digest,
  label: string,
  write: (folder: string, signal: AbortSignal) => Promise<void>,
): Promise<InstalledKernel> {
  const make = async (path: string, aborted: AbortSignal) => {
    await mkdir(path);
    await write(path, aborted);
  };
  await store.artifacts.ensure(kind, key, make, { signal, label });
  await chooseKernel(store, key);
  const kernel = await findKernel(store);
  if (kernel === undefined) throw new Error(`the kernel ${key} was kept and is not there`);
  return kernel;
}
