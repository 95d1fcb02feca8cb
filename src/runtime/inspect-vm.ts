import { isFirekilnError } from '../base/errors/firekiln-error.ts';
import { controlVm } from './control-vm.ts';
import type { RuntimeEnvironment } from './environment.ts';
import { reclaimVms } from './reclaim-vms.ts';
import { type Vm, VmRegistry } from './record/vm-registry.ts';

/** What `inspect` shows of a VM. Throws VM_NOT_FOUND, VM_AMBIGUOUS. */
export async function inspectVm(env: RuntimeEnvironment, options: { readonly vm: string }): Promise<object> {
  const registry = new VmRegistry(env.dataDir);
  await reclaimVms(env, registry);
  const vm = await registry.find(options.vm);
  const { record, state, folder } = vm;
  const { unreclaimed: _, bootId: __, ...shownState } = state;
  const { runDir, version: ___, ...shownRecord } = record;
  return {
    ...shownRecord,
    createdAt: new Date(record.createdAt).toISOString(),
    state: {
      ...shownState,
      startedAt: isoTime(state.startedAt),
      finishedAt: isoTime(state.finishedAt),
      oomKilled: state.oomKilled ?? false,
    },
    /** Known while the VM runs only: values given on the command line touch no disk. */
    env: await environmentOf(vm),
    paths: { folder: folder.path, log: folder.log, bootLog: folder.bootLog, sockets: runDir },
  };
}

async function environmentOf(vm: Vm): Promise<readonly string[] | undefined> {
  if (!vm.alive || vm.state.status === 'exited') return undefined;
  try {
    using client = await controlVm(vm, { op: 'state' });
    const answer = await client.answer(AbortSignal.timeout(5000));
    return answer.event === 'state' ? answer.env : undefined;
  } catch (error) {
    if (isFirekilnError(error)) return undefined;
    throw error;
  }
}

function isoTime(time: number | undefined): string | undefined {
  return time === undefined ? undefined : new Date(time).toISOString();
}
