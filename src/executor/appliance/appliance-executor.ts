import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { throwIfAborted } from '../../base/abort.ts';
import type { Digest } from '../../base/digest.ts';
import { withBootRetries } from '../../guest/boot-retries.ts';
import type { Appliance, BootOptions, Guest } from '../../guest/guest.ts';
import { detachNetwork } from '../../net/detach-network.ts';
import { networkFacts } from '../../net/network-facts.ts';
import type { NetworkProvider } from '../../net/provider.ts';
import type { Store } from '../../store/store.ts';
import type { MachineDriver } from '../../vm/driver.ts';
import type { CpuTemplate } from '../../vm/machine-options.ts';
import { writeEmptyDisk } from '../empty-disk.ts';
import type { ExecMount, ExecRequest, ExecResult, ExecStepFailure, Executor } from '../executor.ts';
import type { VmSlots } from '../vm-slots.ts';
import { type Boot, planBoots } from './drive-plan.ts';
import { failureHint } from './failure-hint.ts';
import { readLayers } from './read-layers.ts';
import { makeRunFolder } from './run-folder.ts';
import { type EndedStep, runStep } from './run-step.ts';

export interface ApplianceExecutorOptions {
  readonly store: Pick<Store, 'layers' | 'temporaryFolder'>;
  readonly driver: MachineDriver;
  readonly appliance: Appliance;
  /** Gives steps their network; undefined where there is none to have. */
  readonly network: NetworkProvider | undefined;
  readonly slots: VmSlots;
  /** What guests see of the processor. */
  readonly cpuTemplate?: CpuTemplate | undefined;
  readonly boot: (options: BootOptions) => Promise<Guest>;
}

/** Runs steps in throw-away microVMs of the appliance; see docs/run-steps.md. */
export function createApplianceExecutor(options: ApplianceExecutorOptions): Executor {
  return {
    name: 'appliance',
    run: async (request) => await new Run(options, request).run(),
  };
}

class Run {
  readonly #options: ApplianceExecutorOptions;
  readonly #request: ExecRequest;

  constructor(options: ApplianceExecutorOptions, request: ExecRequest) {
    this.#options = options;
    this.#request = request;
  }

  async run(): Promise<ExecResult> {
    const { store } = this.#options;
    const { signal, resources, parent, clampTime } = this.#request;
    throwIfAborted(signal, 'starting steps');
    await using folder = await store.temporaryFolder();
    const scratch = join(folder.path, 'scratch.ext4');
    const ended = await this.#runAll(scratch);
    const good = ended.filter(({ exitCode, error }) => exitCode === 0 && error === undefined);
    const failed = ended[good.length];
    const diffIds = await readLayers({ layers: store.layers, scratch, parent, steps: good.length, clampTime, signal });
    return {
      steps: good.map(({ durationMs }, i) => ({ diffId: diffIds[i] as Digest, durationMs })),
      ...(failed !== undefined && { failed: failureOf(failed, resources) }),
    };
  }

  /** The steps that ran, up to the first that failed. */
  async #runAll(scratch: string): Promise<EndedStep[]> {
    const { driver, slots } = this.#options;
    const { emitter, signal, resources } = this.#request;
    const { maxDrives, drivePrefix } = driver.capabilities;
    const boots = planBoots(this.#request, scratch, { maxDrives, prefix: drivePrefix });
    using _slot = await slots.acquire(resources, { emitter, signal });
    await writeEmptyDisk(scratch, { sizeMiB: resources.scratchMiB, journal: false, signal });
    const ended: EndedStep[] = [];
    for (const boot of boots) {
      await this.#boot(boot, scratch, ended);
      const last = ended.at(-1);
      if (last === undefined || last.exitCode !== 0 || last.error !== undefined) break;
    }
    return ended;
  }

  async #boot(boot: Boot, scratch: string, ended: EndedStep[]): Promise<void> {
    const { driver } = this.#options;
    const { emitter, signal } = this.#request;
    await using booted = await withBootRetries({ driver, emitter, signal }, async (ms) => await this.#start(boot, ms));
    await this.#steps(boot, scratch, booted.guest, ended);
    await booted.guest.shutdown();
  }

  async #start(boot: Boot, bootTimeoutMs: number | undefined): Promise<{ readonly guest: Guest } & AsyncDisposable> {
    const { driver, appliance, network } = this.#options;
    const { resources, emitter, signal } = this.#request;
    const id = `build-${randomBytes(6).toString('hex')}`;
    const hostname = 'firekiln';
    await using cleanUp = new AsyncDisposableStack();
    const { path: runDir } = cleanUp.use(await makeRunFolder());
    const attach = async (provider: NetworkProvider) => {
      cleanUp.defer(async () => await detachNetwork(provider, id, emitter));
      const tapOwner = driver.tapOwner?.(id);
      return await provider.attach({ vmId: id, runDir, hostname, publish: [], tapOwner, emitter, signal });
    };
    const wantsNetwork = boot.steps.some((step) => step.network !== 'none');
    const attachment = wantsNetwork && network !== undefined ? await attach(network) : undefined;
    const guest = cleanUp.use(
      await this.#options.boot({
        driver,
        appliance,
        id,
        purpose: 'build',
        vcpus: resources.vcpus,
        memoryMiB: resources.memoryMiB,
        drives: boot.drives,
        cpuTemplate: this.#options.cpuTemplate,
        network: attachment,
        hostname,
        runDir,
        ...(bootTimeoutMs === undefined ? {} : { bootTimeoutMs }),
        emitter: emitter.with(networkFacts(attachment)),
        signal,
      }),
    );
    const owned = cleanUp.move();
    return { guest, [Symbol.asyncDispose]: async () => await owned.disposeAsync() };
  }

  async #steps(boot: Boot, scratch: string, guest: Guest, ended: EndedStep[]): Promise<void> {
    const { segments, emitter, signal, onStep } = this.#request;
    for (const [i, step] of boot.steps.entries()) {
      await using stack = new AsyncDisposableStack();
      const agents = new Map<ExecMount, string>();
      for (const mount of step.mounts) {
        if (mount.type === 'ssh') agents.set(mount, stack.use(await guest.forwardSocket(mount.agentSocket)).path);
      }
      const number = boot.first + i + 1;
      const place = {
        number,
        below: Array.from({ length: number - 1 }, (_, k) => k + 1),
        isLastOfBoot: i === boot.steps.length - 1,
        segments,
        scratch,
        device: boot.device,
        agent: (mount: ExecMount) => agents.get(mount) ?? '',
      };
      onStep?.(step.node, 'started');
      const end = await runStep({ guest, step, place, emitter, signal });
      onStep?.(step.node, 'ended');
      ended.push(end);
      if (end.exitCode !== 0 || end.error !== undefined) return;
    }
  }
}

function failureOf(step: EndedStep, resources: ExecRequest['resources']): ExecStepFailure {
  const { exitCode, oomKilled, lastLines, durationMs, error } = step;
  const hint = failureHint(step, resources);
  return {
    exitCode: error === undefined ? exitCode : 125,
    oomKilled,
    lastLines,
    durationMs,
    ...(error !== undefined && { error }),
    ...(hint !== undefined && { hint }),
  };
}
