import type { Duplex } from 'node:stream';
import { abortError } from '../../base/abort.ts';
import { FirekilnError } from '../../base/errors/firekiln-error.ts';
import type { Machine } from '../../vm/driver.ts';
import { machineEnded } from '../machine-ended.ts';
import type { BootBaseOptions } from './base-vm.ts';
import { waitForSsh } from './wait-for-ssh.ts';

/** An emulated systemd needs 20 s on an idle host. */
const emulatedAnswerMs = 300_000;
const acceleratedAnswerMs = 90_000;
const tailLines = 20;

export interface AnswerOptions extends Pick<BootBaseOptions, 'answerMs' | 'driver' | 'login' | 'signal'> {
  readonly machine: Machine;
  readonly connect: () => Promise<Duplex>;
  /** What there is to say of a base that does not answer. */
  readonly diagnose: () => Promise<readonly string[]>;
}

/** A stream to the base's SSH server. Throws BASE_UNUSABLE: a second try would find a disk that is not the base's any more. Also VM_ENDED, ABORTED. */
export async function untilItAnswers(options: AnswerOptions): Promise<Duplex> {
  const { machine, driver, login, signal, connect, diagnose } = options;
  const ms = options.answerMs ?? (driver.capabilities.accelerated ? acceleratedAnswerMs : emulatedAnswerMs);
  const deadline = AbortSignal.timeout(ms);
  const gone = new AbortController();
  void machine.ended.then(() => gone.abort());
  let last = 'nothing was tried';
  try {
    return await waitForSsh(connect, AbortSignal.any([signal, deadline, gone.signal]), (what) => {
      last = what;
    });
  } catch (error) {
    if (signal.aborted) throw abortError(signal, `waiting for the SSH server of the base`);
    if (machine.state !== 'running') throw machineEnded(machine, await machine.ended, "the base's init came up");
    if (!deadline.aborted) throw error;
    const said = await diagnose().catch(() => []);
    const tail = machine.consoleTail().replaceAll('\r', '').trimEnd().split('\n').slice(-tailLines);
    throw new FirekilnError(
      'BASE_UNUSABLE',
      `the base did not answer at port ${login.port} within ${ms / 1000} s; last stage: its own init runs; ${last}`,
      {
        details: [...said, 'its console:', ...tail],
        hint: 'The base must start its SSH server at boot, at the port of --machine-ssh-port.',
      },
    );
  }
}
