import { delay } from '../../base/abort.ts';
import { FirekilnError, isFirekilnError } from '../../base/errors/firekiln-error.ts';
import type { Emitter } from '../../base/events.ts';
import { lastLines } from '../../base/last-lines.ts';
import { quoteWord } from '../../base/quote-command.ts';
import { LastLines } from '../../executor/last-lines.ts';
import type { ContainerConfig } from '../../formats/oci/image.ts';
import type { ExecNode, NodeId } from '../../graph/node.ts';
import type { BaseVm } from '../../guest/base/base-vm.ts';
import type { Chain, OpsEnvironment } from '../../ops/environment.ts';
import { runFailed } from '../../ops/exec/run-failed.ts';
import { cmdEnv } from './cmd-env.ts';
import type { StageStep } from './find-stages.ts';
import { fullDiskHint } from './full-disk.ts';
import type { InPlaceRequest } from './in-place-request.ts';
import type { Installer } from './installer.ts';
import { putFiles, unpack } from './put-files.ts';
import { asRoot, exitCodeOf, type RemoteStep, stepScript } from './remote-command.ts';
import { cacheFolder, stepFolder, stepMounts } from './step-mounts.ts';

export interface StageRunnerOptions {
  readonly vm: BaseVm;
  /** Tells the commands of several stages apart. */
  readonly stage: NodeId;
  readonly request: InPlaceRequest;
  readonly environment: OpsEnvironment;
  readonly chainOf: (node: string) => { readonly chain: Chain; readonly name: string };
  readonly nameOf: (node: NodeId) => string;
  readonly signal: AbortSignal;
}

const egressPauseMs = 1000;
const folder = '/etc/firebuild';

/** Carries the steps of a stage out in a running base, in order, and what comes before and after them. */
export class StageRunner {
  readonly #options: StageRunnerOptions;
  readonly #emitter: Emitter;

  constructor(options: StageRunnerOptions) {
    this.#options = options;
    this.#emitter = options.vm.emitter.with({ module: 'build.in-place' });
  }

  /** Throws BASE_UNUSABLE if the login runs no commands, or may not become root. */
  async requireLogin(): Promise<void> {
    const { vm, request, signal } = this.#options;
    const { user } = request;
    const isRoot = user === 'root';
    const { exitCode, stdout, stderr } = await vm.exec(`echo logged in${isRoot ? '' : ' && sudo -n true'}`, { signal });
    if (exitCode === 0) return;
    const isShell = stdout.includes('logged in');
    const what = isShell ? `${user} can not use sudo` : `the login shell of ${user} runs no commands`;
    throw new FirekilnError('BASE_UNUSABLE', `the base can not be built in place: ${what}`, {
      details: lastLines(Buffer.concat([stdout, stderr]), 5),
      hint: isShell
        ? `The base needs sudo, and a line \`${user} ALL=(ALL) NOPASSWD: ALL\` in /etc/sudoers.d; or log in as root.`
        : 'Name a user with a shell of /etc/shells, or change the shell with chsh.',
    });
  }

  /** Throws EGRESS_FAILED. */
  async waitForEgress(): Promise<void> {
    const { vm, request, signal } = this.#options;
    if (request.egress === undefined) return;
    const { target, timeoutMs } = request.egress;
    const deadline = performance.now() + timeoutMs;
    this.#emitter.message('debug', `waiting until ${target} answers`);
    while (!(await vm.ping(target))) {
      if (performance.now() >= deadline) {
        throw new FirekilnError(
          'EGRESS_FAILED',
          `${target} did not answer a ping from the VM within ${timeoutMs / 1000} s`,
          {
            hint: 'Name a host that answers with --egress-test-target, or skip the test with --egress-no-wait. Without a network (--machine-cni-network-name, or the user network of QEMU) nothing answers.',
          },
        );
      }
      await delay(egressPauseMs, signal);
    }
  }

  async commands(kind: 'pre-build' | 'post-build', commands: readonly string[]): Promise<void> {
    for (const [i, command] of commands.entries()) {
      await this.#node(
        `${kind}-${i}:${this.#options.stage}`,
        `[${kind} ${i + 1}/${commands.length}] ${command}`,
        async (node) => {
          await this.#run(node, { args: ['/bin/sh', '-c', command], ...plainStep });
        },
      );
    }
  }

  async step(id: NodeId, node: StageStep): Promise<void> {
    const { chainOf, nameOf } = this.#options;
    await this.#node(id, nameOf(id), async () => {
      switch (node.kind) {
        case 'exec':
          await this.#exec(id, node);
          break;
        case 'file':
          await putFiles(node, { ...this.#options, user: this.#options.request.user });
          break;
        case 'merge':
          await this.#merge(chainOf(node.upper).chain);
          break;
      }
    });
  }

  /** What a service of the base's init needs: folders of volumes, /etc/firebuild/cmd.env, and the user's installer. */
  async finish(config: ContainerConfig, installer: Installer | undefined): Promise<void> {
    const volumes = Object.keys(config.Volumes ?? {});
    if (volumes.length > 0)
      await this.#root(`mkdir -p ${volumes.map(quoteWord).join(' ')}`, 'making the folders of volumes');
    await this.#root(
      `mkdir -p ${folder} && cat >${folder}/cmd.env && chmod 644 ${folder}/cmd.env`,
      `writing ${folder}/cmd.env`,
      Buffer.from(cmdEnv(config)),
    );
    if (installer === undefined) return;
    await this.#node('service-installer', `[service installer] ${installer.path}`, async (node) => {
      const path = `${folder}/installer.sh`;
      await this.#root(`cat >${path} && chmod 754 ${path}`, `uploading ${installer.path}`, installer.program);
      try {
        await this.#run(node, { args: [path], ...plainStep });
      } catch (error) {
        throw isFirekilnError(error) ? error.withHint(`This is ${installer.path} of --service-file-installer.`) : error;
      }
    });
  }

  /** What steps have left outside of the image's business. */
  async tidy(): Promise<void> {
    await this.#root(`rm -rf ${cacheFolder}`, 'removing caches');
  }

  async #exec(id: NodeId, node: ExecNode): Promise<void> {
    const { environment, request } = this.#options;
    const mounts = await stepMounts(node, environment, request.forwardAgent);
    const prepare = `umask 077; mkdir -p ${stepFolder} && mount -t tmpfs -o mode=711 tmpfs ${stepFolder} && : >${stepFolder}/made`;
    if (mounts.before !== '') {
      await this.#root(prepare, 'preparing the step');
      for (const { path, data } of mounts.files) await this.#root(`cat >${path}`, 'preparing the step', data);
      await this.#root(mounts.before, 'mounting what the step asks for');
    }
    try {
      const { args, env, proxyEnv, cwd, user, network } = node;
      await this.#run(id, { args, env: [...proxyEnv, ...env], cwd, user, network, envFiles: mounts.envFiles }, node);
    } finally {
      if (mounts.after !== '')
        await this.#root(`${mounts.after}\n:`, 'unmounting what the step asked for').catch(() => {});
    }
  }

  async #merge({ layers }: Chain): Promise<void> {
    const { vm, request, environment, signal } = this.#options;
    for (const layer of layers) {
      await unpack(vm, request.user, environment.store.content.stream(layer, { signal }), signal);
    }
  }

  async #run(node: string, step: RemoteStep, of?: ExecNode): Promise<void> {
    const { vm, request, signal } = this.#options;
    const command = asRoot(stepScript(step), request.user);
    this.#tell(command);
    const lines = new LastLines();
    const output = (stream: 'stdout' | 'stderr') => (data: Buffer) => {
      lines.push(stream, data);
      this.#emitter.emit({ event: 'node.log', node, stream, data });
    };
    const started = performance.now();
    const exit = await vm.exec(command, { onStdout: output('stdout'), onStderr: output('stderr'), signal });
    const exitCode = exitCodeOf(exit);
    if (exitCode === 0) return;
    const last = lines.get();
    const hint = await fullDiskHint(vm, last);
    const failure = {
      exitCode,
      oomKilled: false,
      lastLines: last,
      durationMs: performance.now() - started,
      ...(hint === undefined ? {} : { hint }),
    };
    throw runFailed({ ...(of ?? { args: step.args }) } as ExecNode, failure);
  }

  async #root(script: string, doing: string, stdin?: Uint8Array): Promise<void> {
    const { vm, request, signal } = this.#options;
    const command = asRoot(script, request.user);
    this.#tell(command);
    const { exitCode, stderr } = await vm.exec(command, { signal, ...(stdin === undefined ? {} : { stdin }) });
    if (exitCode === 0) return;
    const said = lastLines(stderr, 10);
    throw new FirekilnError('GUEST_COMMAND_FAILED', `${doing} failed in the base`, {
      details: said,
      hint: await fullDiskHint(vm, said),
    });
  }

  /** As the JSON lines of the original have it. */
  #tell(command: string): void {
    const { vm } = this.#options;
    const module = 'build.remote-client.connected-remote-client';
    vm.emitter.with({ module, command }).message('debug', 'Running remote command');
  }

  async #node(node: string, name: string, work: (node: string) => Promise<void>): Promise<void> {
    const started = performance.now();
    const durationMs = () => Math.round(performance.now() - started);
    this.#emitter.emit({ event: 'node.started', node, name });
    try {
      await work(node);
      this.#emitter.emit({ event: 'node.finished', node, durationMs: durationMs() });
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error);
      this.#emitter.emit({ event: 'node.failed', node, durationMs: durationMs(), text });
      throw error;
    }
  }
}

const plainStep = { env: [], cwd: '/', user: '', network: 'default' } as const;
