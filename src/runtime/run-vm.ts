import { rm } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { getuid } from 'node:process';
import { FirekilnError } from '../base/errors/firekiln-error.ts';
import type { ContainerConfig } from '../formats/oci/image.ts';
import { formatPlatform, hostPlatform } from '../formats/oci/platform.ts';
import type { NetworkChoice } from '../net/network-choice.ts';
import type { PublishedPort } from '../net/provider.ts';
import type { FirecrackerChoice } from '../vm/firecracker-choice.ts';
import type { ControlClient, ControlHandlers } from './control/control-client.ts';
import type { Attachment } from './control/messages.ts';
import type { RunImage, RuntimeEnvironment } from './environment.ts';
import { checkPortsFree } from './options/check-ports.ts';
import { readVariable, readVariableFile } from './options/environment-variables.ts';
import { initConfig, type ProcessConfig, processConfig, volumesOf } from './options/process-config.ts';
import { parseSignal } from './options/signals.ts';
import { reclaimVms } from './reclaim-vms.ts';
import { pinName, removeVmFolder } from './record/remove-vm-folder.ts';
import { makeRunFolder } from './record/run-folder.ts';
import { checkHostname, checkVmName } from './record/vm-name.ts';
import type { VmRecord } from './record/vm-record.ts';
import { checkNameFree, VmRegistry } from './record/vm-registry.ts';
import { startShim } from './shim/start-shim.ts';
import { healthCommand } from './shim/watch-health.ts';

export interface RunOptions {
  readonly image: string;
  readonly command: readonly string[];
  readonly name?: string | undefined;
  readonly entrypoint?: string | undefined;
  /** `NAME=value`, or `NAME` to take it from the host. */
  readonly env?: readonly string[];
  readonly envFiles?: readonly string[];
  readonly user?: string | undefined;
  readonly workdir?: string | undefined;
  readonly hostname?: string | undefined;
  readonly labels?: Readonly<Record<string, string>>;
  readonly ports?: readonly PublishedPort[];
  readonly network?: NetworkChoice;
  readonly vcpus?: number | undefined;
  readonly memoryMiB?: number | undefined;
  readonly driver?: 'auto' | 'qemu' | 'firecracker' | undefined;
  readonly requireKvm?: boolean | undefined;
  readonly firecracker?: FirecrackerChoice | undefined;
  /** Keep the entrypoint's input open. */
  readonly openInput?: boolean;
  /** Give the entrypoint a terminal. */
  readonly terminal?: boolean;
  readonly removeAtEnd?: boolean;
  readonly stopSignal?: string | undefined;
  /** `image`: the image's own init is process 1; a command names it, `/sbin/init` by default. */
  readonly init?: VmRecord['init'] | undefined;
  readonly root?: VmRecord['root'] | undefined;
  /** To see the output from its first byte on; absent: the VM runs in the background. */
  readonly attach?: { readonly as: Attachment; readonly handlers: ControlHandlers } | undefined;
  /** The shim is there: from now on signals may be passed on. */
  readonly onStarting?: (client: ControlClient) => void;
  readonly signal?: AbortSignal | undefined;
}

/** A VM whose entrypoint runs. */
export interface StartedVm {
  readonly id: string;
  readonly name: string;
  /** As they are bound. */
  readonly ports: readonly PublishedPort[];
  /** For one who is attached: the end is its next answer. To be disposed. */
  readonly client: ControlClient;
}

const defaultMemoryMiB = 512;
/** Ceiling of what a VM can write; the file is sparse. */
const scratchMiB = 16 * 1024;
/**
 * To every init this is what the kernel sends it at Ctrl-Alt-Del (reboot(2)): an orderly reboot, which ends any machine.
 * The STOPSIGNAL of images with an init is for containers, where it means a halt.
 */
const rebootSignal = 'INT';
/** Beside the segments: scratch and modules. */
const otherDrives = 2;

/**
 * Starts a VM from an image and resolves when its entrypoint runs. Throws before anything is booted for what can be
 * known by then; whatever it throws, nothing is left, but a VM that was booted already and ended keeps its record.
 */
export async function runVm(env: RuntimeEnvironment, options: RunOptions): Promise<StartedVm> {
  const { signal } = options;
  if (options.name !== undefined) checkVmName(options.name);
  if (options.hostname !== undefined) checkHostname(options.hostname);
  if (options.stopSignal !== undefined) parseSignal(options.stopSignal, '--stop-signal');
  const variables = await variablesOf(env, options);
  const registry = new VmRegistry(env.dataDir);
  await reclaimVms(env, registry);
  const others = await registry.list();
  if (options.name !== undefined) checkNameFree(options.name, others);
  await checkPortsFree(options.ports ?? [], others);
  const store = await env.store();
  await using _lease = await store.lease('run');
  const image = await env.image(options.image, { signal });
  checkPlatform(image);
  const { init = 'firekiln', root = 'layered' } = options;
  const wishes = { ...options, env: variables };
  const config = image.config.config ?? {};
  const process = init === 'image' ? initConfig(config, wishes) : processConfig(config, wishes, image.name);
  const { driver, choice: network } = await env.machines({
    driver: options.driver,
    requireKvm: options.requireKvm,
    firecracker: options.firecracker,
    network: options.network,
  });
  const segments =
    root === 'flat'
      ? [await env.flatRootfs(image.layers, { freeBytes: scratchMiB * 1024 * 1024, signal })]
      : await env.segments(image.layers, {
          maxSegments: driver.capabilities.maxDrives - otherDrives,
          emitter: env.emitter,
          signal,
        });
  const { folder, record, lock } = await registry.create(options.name, async (id, name) => {
    const record = recordOf({
      id,
      name,
      image,
      process,
      options,
      driver: driver.name,
      network,
      defaults: env.defaults,
    });
    await store.pins.set(pinName(id), [...segments.map(({ key }) => key), ...image.layers, image.manifestDigest]);
    return {
      ...record,
      segments: segments.map(({ key, path }) => ({ key, path })),
      runDir: await makeRunFolder({ dataDir: env.dataDir, id, env: env.env, isRoot: getuid?.() === 0 }),
    };
  });
  let client: ControlClient;
  try {
    client = await startShim({
      env,
      folder,
      record,
      lock,
      request: { op: 'start', process, ...(options.attach === undefined ? {} : { attach: options.attach.as }) },
      ...(options.attach === undefined ? {} : { handlers: options.attach.handlers }),
      signal,
    });
  } catch (error) {
    await lock.leave();
    await rm(record.runDir, { recursive: true, force: true });
    await removeVmFolder(folder, store);
    throw error;
  }
  try {
    options.onStarting?.(client);
    const answer = await client.answer();
    if (answer.event !== 'started') throw new Error(`the shim answered ${answer.event} to start`);
    return { id: record.id, name: record.name, ports: answer.state.ports ?? [], client };
  } catch (error) {
    client[Symbol.dispose]();
    throw error;
  }
}

async function variablesOf(env: RuntimeEnvironment, options: RunOptions): Promise<readonly string[]> {
  const lists: string[] = [];
  for (const path of options.envFiles ?? []) lists.push(...(await readVariableFile(path, env.env)));
  for (const text of options.env ?? []) {
    const variable = readVariable(text, env.env);
    if (variable !== undefined) lists.push(variable);
  }
  return lists;
}

function healthOf(config: ContainerConfig): Pick<VmRecord, 'health'> {
  const check = config.Healthcheck;
  const command = healthCommand(check, config.Shell ?? ['/bin/sh', '-c']);
  return check === undefined || command === undefined ? {} : { health: { check, command } };
}

function checkPlatform(image: RunImage): void {
  const { os, architecture, variant } = image.config;
  const is = formatPlatform({ os, architecture, ...(variant === undefined ? {} : { variant }) });
  const host = hostPlatform();
  const fits = os === 'linux' && formatPlatform({ os, architecture }) === formatPlatform({ ...host });
  if (fits) return;
  throw new FirekilnError(
    'RUN_PLATFORM',
    `${image.name} is an image for ${is}, this host runs ${formatPlatform(host)}`,
    {
      hint: `Build or pull it for this host: firekiln pull --platform ${formatPlatform(host)} ${image.name}`,
    },
  );
}

function recordOf(from: {
  readonly id: string;
  readonly name: string;
  readonly image: RunImage;
  readonly process: ProcessConfig;
  readonly options: RunOptions;
  readonly driver: VmRecord['driver'];
  readonly network: NetworkChoice;
  readonly defaults: RuntimeEnvironment['defaults'];
}): VmRecord {
  const { id, name, image, process, options, driver, network, defaults } = from;
  const config = image.config.config ?? {};
  const { init = 'firekiln', root = 'layered' } = options;
  const stopSignal = options.stopSignal ?? (init === 'image' ? rebootSignal : config.StopSignal || 'TERM');
  parseSignal(stopSignal, 'STOPSIGNAL');
  return {
    version: 1,
    id,
    name,
    createdAt: Date.now(),
    image: { name: image.name, id: image.id, manifestDigest: image.manifestDigest },
    command: process.args,
    user: process.user,
    workdir: process.workdir,
    hostname: options.hostname ?? id,
    terminal: options.terminal ?? false,
    openInput: options.openInput ?? false,
    stopSignal,
    labels: { ...config.Labels, ...options.labels },
    network,
    ports: options.ports ?? [],
    volumes: volumesOf(config),
    ...healthOf(config),
    driver,
    requireKvm: options.requireKvm ?? false,
    firecracker: options.firecracker,
    vcpus: options.vcpus ?? defaults.vcpus ?? Math.min(2, availableParallelism()),
    memoryMiB: options.memoryMiB ?? defaults.memoryMiB ?? defaultMemoryMiB,
    init,
    root,
    scratchMiB,
    segments: [],
    removeAtEnd: options.removeAtEnd ?? false,
    runDir: '',
  };
}
