import { availableParallelism } from 'node:os';
import { openArchive } from '../build/archive-context.ts';
import type { BuildServices } from '../build/build-services.ts';
import type { BaseStorePlace } from '../images/sources/base-store-source.ts';
import type { NetworkChoice } from '../net/network-choice.ts';
import type { FirecrackerChoice } from '../vm/firecracker-choice.ts';
import type { CpuTemplate } from '../vm/machine-options.ts';
import type { App } from './app.ts';
import type { HostParts } from './base-vms.ts';
import { type ExecutorOptions, openExecutor } from './executor.ts';
import { openFetchers } from './fetchers.ts';
import { openImages } from './images.ts';
import { requireCniNetwork } from './network-cni.ts';
import { openSources } from './source-opener.ts';

export interface BuilderOptions {
  readonly driver?: 'auto' | 'qemu' | 'firecracker' | undefined;
  readonly requireKvm?: boolean | undefined;
  /** `default` by default. */
  readonly network?: NetworkChoice | undefined;
  readonly firecracker?: FirecrackerChoice | undefined;
  readonly cpuTemplate?: CpuTemplate | undefined;
  readonly vcpus?: number | undefined;
  readonly memoryBytes?: number | undefined;
  /** The base store that FROM looks in first. */
  readonly baseStore?: BaseStorePlace | undefined;
  /** What the steps of one VM may write. */
  readonly scratchBytes?: number | undefined;
  /** Of Firekiln. */
  readonly version: string;
}

/** Drives of a VM beside the scratch drive that every driver has; `executor()` need not be opened to know it. */
const maxSegments = 12;
const mib = 2 ** 20;
const defaultMemoryMiB = 1024;
const defaultScratchMiB = 16 * 1024;

/** What a build works with in this run of Firekiln. VMs are set up when the first step has to run. */
export async function buildServices(app: App, options: BuilderOptions): Promise<BuildServices> {
  const { build = {} } = await app.config();
  // Told before anything is built, not at the first RUN.
  if (options.network?.kind === 'cni') await requireCniNetwork(app, options.network);
  const store = await app.store();
  const images = await openImages(app);
  const { http, git } = await openFetchers(app);
  const emitter = app.emitter.with({ module: 'build' });
  const resources = {
    vcpus: options.vcpus ?? build.cpus ?? Math.min(2, availableParallelism()),
    memoryMiB: Math.ceil((options.memoryBytes ?? build.memory ?? defaultMemoryMiB * mib) / mib),
    scratchMiB: Math.ceil((options.scratchBytes ?? defaultScratchMiB * mib) / mib),
  };
  const limit = limitOf(resources, build.parallelism);
  let parts: HostParts | undefined;
  const hostParts = async () => {
    const { HostParts } = await import('./base-vms.ts');
    parts ??= new HostParts();
    return parts;
  };
  return {
    store,
    emitter,
    signal: app.signal,
    sources: await openSources(app),
    archives: async (stream, shown, signal) => await openArchive(store, stream, shown, signal),
    findImage: async (reference, wishes) =>
      await images.resolve(reference, { ...wishes, baseStore: options.baseStore }),
    executor: async () => (await openExecutor(app, { ...options, ...limit })).executor,
    maxSegments,
    segments: async (layers, options) => await images.ensureSegments(layers, options),
    http,
    git,
    resources,
    diskGrowth: options.scratchBytes,
    checkInPlace: async (request) => void (await (await hostParts()).find(request)),
    bootBase: async (disk, request) => {
      const { bootBaseVm } = await import('./base-vms.ts');
      return await bootBaseVm(app, { ...options, ...resources, ...limit }, { disk, request, parts: await hostParts() });
    },
    exportImage: async (request) => await images.export(request),
    env: process.env,
    version: options.version,
  };
}

/** Room for as many VMs as the configuration says. */
function limitOf(
  { vcpus, memoryMiB }: { readonly vcpus: number; readonly memoryMiB: number },
  parallelism: number | undefined,
): Pick<ExecutorOptions, 'limit'> {
  if (parallelism === undefined) return {};
  return { limit: { vcpus: parallelism * vcpus, memoryMiB: parallelism * memoryMiB } };
}
