import { randomBytes } from 'node:crypto';
import type { Emitter } from '../base/events.ts';
import type { InPlaceRequest } from '../build/in-place/in-place-request.ts';
import { makeRunFolder } from '../executor/appliance/run-folder.ts';
import type { BaseVm } from '../guest/base/base-vm.ts';
import { bootBase } from '../guest/base/boot-base.ts';
import { findLoginKeys } from '../guest/base/login-keys.ts';
import { withBootRetries } from '../guest/boot-retries.ts';
import { rootPartition } from '../images/root-partition.ts';
import { detachNetwork } from '../net/detach-network.ts';
import type { MachineDriver } from '../vm/driver.ts';
import type { App } from './app.ts';
import { openAppliance } from './appliance.ts';
import { type ExecutorOptions, openVmSlots } from './executor.ts';
import { bootDeadlineMs } from './guest-boot.ts';
import { openMachines } from './machines.ts';
import { UserKernels } from './user-kernel.ts';

export type BaseVmOptions = ExecutorOptions & {
  readonly vcpus: number;
  readonly memoryMiB: number;
};

/** A base's init takes so many times as long as the appliance, at most. */
const answersPerBoot = 3;

/**
 * What the machines of one build take from the host: it can be found missing before anything is built, and is looked at
 * again for each machine. Throws SSH_REFUSED, KERNEL_UNUSABLE.
 */
export class HostParts {
  readonly #kernels = new UserKernels();

  async find({ keyFile, agentSocket, kernel }: InPlaceRequest) {
    return {
      keys: await findLoginKeys({ keyFile, agentSocket }),
      kernel: kernel === undefined ? undefined : await this.#kernels.find(kernel),
    };
  }
}

/**
 * Boots a base's disk in place, on the machines and the network of this run of Firekiln. Throws what {@link bootBase},
 * {@link openMachines} and {@link openAppliance} throw.
 */
export async function bootBaseVm(
  app: App,
  options: BaseVmOptions,
  { disk, request, parts }: { readonly disk: string; readonly request: InPlaceRequest; readonly parts: HostParts },
): Promise<BaseVm> {
  const { signal } = app;
  const emitter = app.emitter.with({ module: 'build' });
  const { agentSocket, forwardAgent } = request;
  const { keys, kernel } = await parts.find(request);
  const partition = rootPartition(disk, request.partuuid);
  const appliance = await openAppliance(app);
  const { driver, network: provider } = await openMachines(app, { ...options, appliance });
  const kernelArgs = fittingKernelArgs(driver, request.kernelArgs, emitter);
  const { vcpus, memoryMiB } = options;
  const deadlineMs = await bootDeadlineMs(app);
  await using cleanUp = new AsyncDisposableStack();
  const slots = await openVmSlots(app, options.limit);
  const slot = await slots.acquire({ vcpus, memoryMiB }, { emitter, signal });
  cleanUp.defer(() => slot[Symbol.dispose]());
  const boot = async (bootTimeoutMs: number | undefined): Promise<BaseVm & AsyncDisposable> => {
    await using attempt = new AsyncDisposableStack();
    const id = `build-${randomBytes(6).toString('hex')}`;
    const { path: runDir } = attempt.use(await makeRunFolder());
    if (provider !== undefined) attempt.defer(async () => await detachNetwork(provider, id, emitter));
    const tapOwner = driver.tapOwner?.(id);
    const network = await provider?.attach({
      vmId: id,
      runDir,
      hostname: 'firekiln',
      publish: [],
      tapOwner,
      emitter,
      signal,
    });
    const vm = attempt.use(
      await bootBase({
        driver,
        appliance,
        kernel,
        kernelArgs,
        partition,
        cpuTemplate: options.cpuTemplate,
        id,
        disk,
        vcpus,
        memoryMiB,
        network,
        runDir,
        login: { user: request.user, port: request.port, keys, forwardedAgent: forwardAgent ? agentSocket : undefined },
        ...(deadlineMs === undefined ? {} : { answerMs: answersPerBoot * deadlineMs }),
        ...withDefined(deadlineMs ?? bootTimeoutMs),
        emitter,
        signal,
      }),
    );
    const owned = attempt.move();
    return withCleanUp(vm, owned);
  };
  const vm = await withBootRetries({ driver, emitter, signal }, boot);
  const all = cleanUp.move();
  all.use(vm);
  return withCleanUp(vm, all);
}

/** Words that were written for another VMM, as the original's default, are left out. */
function fittingKernelArgs({ name, capabilities }: MachineDriver, words: readonly string[], emitter: Emitter) {
  const isUnfit = (word: string) => capabilities.unfitKernelArgs.includes(word);
  for (const word of words.filter(isUnfit)) {
    emitter.message('warn', `--machine-kernel-args: ${word} is left out, with it guests in ${name} find no devices`);
  }
  return words.filter((word) => !isUnfit(word));
}

function withDefined(bootTimeoutMs: number | undefined): { readonly bootTimeoutMs?: number } {
  return bootTimeoutMs === undefined ? {} : { bootTimeoutMs };
}

function withCleanUp(vm: BaseVm, stack: AsyncDisposableStack): BaseVm {
  return {
    machine: vm.machine,
    emitter: vm.emitter,
    exec: async (command, options) => await vm.exec(command, options),
    ping: async (target) => await vm.ping(target),
    shutDown: async (options) => await vm.shutDown(options),
    [Symbol.asyncDispose]: async () => await stack.disposeAsync(),
  };
}
