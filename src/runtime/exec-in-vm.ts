import { FirekilnError } from '../base/errors/firekiln-error.ts';
import type { ControlClient, ControlHandlers } from './control/control-client.ts';
import type { Attachment } from './control/messages.ts';
import { controlVm } from './control-vm.ts';
import type { RuntimeEnvironment } from './environment.ts';
import { readVariable, readVariableFile } from './options/environment-variables.ts';
import { VmRegistry } from './record/vm-registry.ts';

/** Starts a further program in a running VM; the end is the client's next answer. Throws VM_NOT_RUNNING. */
export async function execInVm(
  env: RuntimeEnvironment,
  options: {
    readonly vm: string;
    readonly args: readonly string[];
    readonly env?: readonly string[];
    readonly envFiles?: readonly string[];
    readonly user?: string | undefined;
    readonly workdir?: string | undefined;
    readonly attach: Attachment;
    readonly handlers: ControlHandlers;
  },
): Promise<ControlClient> {
  const { args, user, workdir, attach } = options;
  if (workdir !== undefined && !workdir.startsWith('/')) {
    throw new FirekilnError('USAGE', `-w ${JSON.stringify(workdir)} is no absolute path`);
  }
  const vm = await new VmRegistry(env.dataDir).find(options.vm);
  const fromFiles: string[] = [];
  for (const path of options.envFiles ?? []) {
    fromFiles.push(...(await readVariableFile(path, env.env)));
  }
  const named = (options.env ?? []).map((text) => readVariable(text, env.env)).filter((text) => text !== undefined);
  return await controlVm(
    vm,
    {
      op: 'exec',
      args,
      env: [...fromFiles, ...named],
      ...(user === undefined ? {} : { user }),
      ...(workdir === undefined ? {} : { workdir }),
      attach,
    },
    options.handlers,
  );
}
