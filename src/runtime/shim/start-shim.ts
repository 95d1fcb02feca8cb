import { open } from 'node:fs/promises';
import { throwIfAborted } from '../../base/abort.ts';
import { FirekilnError } from '../../base/errors/firekiln-error.ts';
import { isAlive } from '../../base/is-alive.ts';
import type { FileLock } from '../../base/lock.ts';
import { pauseSince } from '../../base/pause-since.ts';
import { startDetached } from '../../base/process.ts';
import { systemCode } from '../../base/system-error.ts';
import { ControlClient, type ControlHandlers } from '../control/control-client.ts';
import type { Request } from '../control/messages.ts';
import type { RuntimeEnvironment } from '../environment.ts';
import { readTail } from '../log/read-tail.ts';
import type { VmFolder } from '../record/vm-folder.ts';
import type { VmRecord } from '../record/vm-record.ts';

/** Node starts in a tenth of a second; ten at once on a slow host take more than a minute. */
const answersWithinMs = 180_000;

/**
 * Starts the shim of a new VM and hands it the VM's lock and the request to start. The caller owns the VM's folder
 * until this resolves. Throws SHIM_FAILED, ABORTED.
 */
export async function startShim(options: {
  readonly env: RuntimeEnvironment;
  readonly folder: VmFolder;
  readonly record: VmRecord;
  readonly lock: FileLock;
  readonly request: Request;
  readonly handlers?: ControlHandlers;
  readonly signal?: AbortSignal | undefined;
}): Promise<ControlClient> {
  const { env, folder, record, lock, request, handlers = {}, signal } = options;
  throwIfAborted(signal, 'starting the VM');
  await using log = await open(folder.shimLog, 'a', 0o600);
  const { pid } = await startDetached(env.shim.program, {
    args: [...env.shim.args, folder.path],
    env: env.env,
    cwd: '/',
    logFd: log.fd,
    extraFds: [lock.descriptor],
  });
  await lock.leave();
  const started = performance.now();
  for (;;) {
    try {
      return await ControlClient.open(record.runDir, request, handlers);
    } catch (error) {
      if (!['ENOENT', 'ECONNREFUSED'].includes(systemCode(error) ?? '')) throw error;
    }
    if (!isAlive(pid) || performance.now() - started > answersWithinMs || signal?.aborted) {
      kill(pid);
      throwIfAborted(signal, 'starting the VM');
      throw new FirekilnError('SHIM_FAILED', `the process that owns the VM ${record.name} did not come up`, {
        details: await readTail(folder.shimLog),
      });
    }
    await pauseSince(started);
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}
