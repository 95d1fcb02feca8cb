import { constants, createWriteStream, openSync } from 'node:fs';
import { Socket } from 'node:net';
import type { Writable } from 'node:stream';
import { delay } from '../../base/abort.ts';
import type { Emitter } from '../../base/events.ts';
import { explainSystemError, systemCode } from '../../base/system-error.ts';
import type { OutputPlace } from './output-place.ts';

const pauseMs = 50;

/**
 * Opens a device or a pipe for writing, or takes a file that is open already; for a pipe, waits until somebody reads it, and says so. To be destroyed
 * when all is written.
 */
export async function openOutput(
  { kind, path, fd: own }: OutputPlace,
  { emitter, signal }: { readonly emitter: Emitter; readonly signal?: AbortSignal | undefined },
): Promise<Writable> {
  if (own !== undefined) return createWriteStream(path, { fd: own, autoClose: false });
  for (let told = false; ; told = true) {
    try {
      // Without waiting (fifo(7)): an open that waits, or a write to a pipe that is full, could not be ended.
      const fd = openSync(path, constants.O_WRONLY | constants.O_NOCTTY | constants.O_NONBLOCK);
      return kind === 'pipe' ? new Socket({ fd, readable: false, writable: true }) : createWriteStream(path, { fd });
    } catch (error) {
      if (kind !== 'pipe' || systemCode(error) !== 'ENXIO') throw explainSystemError(error, 'opening', path);
    }
    if (!told) emitter.message('info', `waiting for somebody to read the pipe ${path}`);
    await delay(pauseMs, signal);
  }
}
