import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { FirekilnError } from '../base/errors/firekiln-error.ts';
import { findProgram } from '../base/find-program.ts';
import { hostPlatform } from '../formats/oci/platform.ts';
import type { Appliance } from '../guest/guest.ts';
import type { RunImage, RuntimeEnvironment } from '../runtime/environment.ts';
import type { App } from './app.ts';
import { userNetworkStateDir } from './data-dir.ts';
import { reclaimStaleJails } from './firecracker.ts';
import { guestBoot } from './guest-boot.ts';
import type { Images } from './images.ts';

/**
 * What `run`, `ps`, `exec` and their kin work with, wired for this run of Firekiln. Most of them need little of it, and
 * loading all of it is most of what a quick one does: each part is loaded when it is used.
 */
export async function openRuntime(
  app: App,
  options: { readonly config?: string | undefined },
): Promise<RuntimeEnvironment> {
  const config = await app.config();
  const defaults = config.vm ?? {};
  return {
    dataDir: app.dataDir,
    emitter: app.emitter.with({ module: 'runtime' }),
    env: process.env,
    defaults: {
      vcpus: defaults.cpus,
      memoryMiB: defaults.memory === undefined ? undefined : Math.ceil(defaults.memory / (1024 * 1024)),
    },
    store: async () => await app.store(),
    appliance: async () => await applianceOf(app),
    machines: async (choice) => {
      const { openMachines } = await import('./machines.ts');
      return await openMachines(app, { ...choice, appliance: await applianceOf(app) });
    },
    detachNetwork: async (id) => {
      const { createUserNetworkProvider } = await import('../net/user/user-provider.ts');
      const { attachedVms } = await import('./network-cni.ts');
      const provider = createUserNetworkProvider({
        binary: (await findProgram('passt')) ?? 'passt',
        stateDir: userNetworkStateDir(app.dataDir),
      });
      await provider.detach(id);
      await attachedVms(app).detach(id);
    },
    reclaimJails: async () => {
      await reclaimStaleJails(app);
    },
    bootGuest: guestBoot(app),
    image: async (name, { signal }) => await findRunImage(app, name, signal),
    segments: async (layers, wishes) => await (await imagesOf(app)).ensureSegments(layers, wishes),
    flatRootfs: async (layers, wishes) => {
      const { ensureFlatRootfs } = await import('../images/flat-rootfs.ts');
      return await ensureFlatRootfs(await app.store(), layers, wishes);
    },
    shim: {
      program: process.execPath,
      args: [
        shimEntry(),
        'shim',
        '--data-dir',
        app.dataDir,
        ...(options.config === undefined ? [] : ['--config', options.config]),
      ],
    },
  };
}

async function applianceOf(app: App): Promise<Appliance> {
  const { openAppliance } = await import('./appliance.ts');
  return await openAppliance(app);
}

async function imagesOf(app: App): Promise<Images> {
  const { openImages } = await import('./images.ts');
  return await openImages(app);
}

async function findRunImage(app: App, name: string, signal: AbortSignal | undefined): Promise<RunImage> {
  const images = await imagesOf(app);
  const { emitter } = app;
  const found = await images.resolve(name, { platform: hostPlatform(), fresh: false, emitter, signal });
  const layers = async () => await found.layers({ node: 'pull', emitter, signal });
  const { config, manifestDigest } = found;
  const diffIds = found.origin === 'image-store' ? await layers() : await bring(app, name, layers);
  // What comes from a file is not in the image store; it has no id there.
  const stored =
    found.origin === 'image-store' || found.origin === 'registry' ? await images.load(found.name) : undefined;
  return { name: found.name, id: stored?.id ?? manifestDigest, manifestDigest, config, layers: diffIds };
}

async function bring<T>(app: App, name: string, work: () => Promise<T>): Promise<T> {
  const started = performance.now();
  app.emitter.emit({ event: 'node.started', node: 'pull', name: `pull ${name}` });
  try {
    const result = await work();
    app.emitter.emit({ event: 'node.finished', node: 'pull', durationMs: performance.now() - started });
    return result;
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    app.emitter.emit({ event: 'node.failed', node: 'pull', durationMs: performance.now() - started, text });
    throw error;
  }
}

/** The program that this code is part of: dist/firekiln.js, or its source in a checkout without a bundle. */
function shimEntry(): string {
  const here = dirname(fileURLToPath(import.meta.url));
  const candidates = [
    join(here, 'firekiln.js'),
    join(here, '..', 'firekiln.js'),
    join(here, '..', 'cli', 'firekiln.ts'),
  ];
  const found = candidates.find((path) => existsSync(path));
  if (found === undefined) throw new FirekilnError('SHIM_FAILED', `the program firekiln.js is missing beside ${here}`);
  return found;
}
