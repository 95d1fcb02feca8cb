import { isFirekilnError } from '../base/errors/firekiln-error.ts';
import type { ControlClient } from './control/control-client.ts';
import { controlVm } from './control-vm.ts';
import { endShim } from './end-shim.ts';
import type { RuntimeEnvironment } from './environment.ts';
import { parseSignal } from './options/signals.ts';
import { VmRegistry } from './record/vm-registry.ts';

/**
 * Sends the image's stop signal to the entrypoint, SIGKILL after `graceMs`, and resolves when nothing is left of the
 * VM but its record. A VM that has ended is left as it is.
 */
export async function stopVm(
  env: RuntimeEnvironment,
  options: {
    readonly vm: string;
    /** What suits the VM by default: 10 s, and 90 s for an init of the image's own. */
    readonly graceMs?: number | undefined;
    readonly stopSignal?: string | undefined;
    readonly signal?: AbortSignal | undefined;
  },
): Promise<void> {
  const vm = await new VmRegistry(env.dataDir).find(options.vm);
  if (options.stopSignal !== undefined) parseSignal(options.stopSignal, '--signal');
  if (!vm.alive || vm.state.status === 'exited') return;
  const { graceMs, stopSignal } = options;
  const request = {
    op: 'stop',
    ...(graceMs === undefined ? {} : { graceMs }),
    ...(stopSignal === undefined ? {} : { signal: stopSignal }),
  } as const;
  let client: ControlClient;
  try {
    client = await controlVm(vm, request);
  } catch (error) {
    // The folder of the sockets may be gone, as when systemd ends a session; the shim also stops at SIGTERM.
    if (!isFirekilnError(error, 'VM_NOT_RUNNING') || vm.state.shimPid === undefined) throw error;
    await endShim(vm, options.signal);
    return;
  }
  using _client = client;
  await client.answer(options.signal);
}

/** Sends a signal to the entrypoint. Throws VM_NOT_RUNNING. */
export async function killVm(
  env: RuntimeEnvironment,
  options: { readonly vm: string; readonly killSignal: string; readonly signal?: AbortSignal | undefined },
): Promise<void> {
  parseSignal(options.killSignal, '--signal');
  const vm = await new VmRegistry(env.dataDir).find(options.vm);
  using client = await controlVm(vm, { op: 'signal', signal: options.killSignal });
  await client.answer(options.signal);
}

/** Resolves with the exit code when the VM has ended; at once if it has. */
export async function waitVm(
  env: RuntimeEnvironment,
  options: { readonly vm: string; readonly signal?: AbortSignal | undefined },
): Promise<number> {
  const registry = new VmRegistry(env.dataDir);
  const vm = await registry.find(options.vm);
  if (!vm.alive || vm.state.status === 'exited') return vm.state.exitCode ?? 125;
  using client = await controlVm(vm, { op: 'wait' });
  const answer = await client.answer(options.signal);
  return answer.event === 'ended' ? answer.exitCode : 125;
}
