import type { Bed } from './bed.ts';
import { isEmulated, runOuterVm } from './outer-vm.ts';
import { projectDrive } from './project-drive.ts';
import { type BedResults, readResults, resultsDrive } from './results.ts';

const shownConsoleBytes = 8192;

export interface BedWork {
  readonly bed: Bed;
  /** A folder that may be filled. */
  readonly scratch: string;
  readonly signal: AbortSignal;
  /** Of the outer VM. */
  readonly deadlineMinutes: number;
  readonly silenceMs: number | undefined;
  readonly terminal: boolean;
  readonly showsConsole: boolean;
  readonly binaries: string | undefined;
}

/**
 * Runs a shell script in a bed; emulated, in a second one if the first hangs or ends without results. Undefined, and told,
 * if there are none.
 *
 * @param keep A folder for the results.
 */
export async function runInOuterVm(work: BedWork, command: string, keep: string): Promise<BedResults | undefined> {
  const { bed, scratch, signal, deadlineMinutes, silenceMs, terminal, binaries } = work;
  const project = await projectDrive({ scratch, command, terminal, binaries });
  for (let isFirst = true; ; isFirst = false) {
    const results = await resultsDrive(scratch);
    let tail = '';
    const end = await runOuterVm({
      ...bed,
      project,
      results,
      deadlineMs: deadlineMinutes * 60_000,
      silenceMs,
      terminal,
      signal,
      onConsole: (chunk) => {
        tail = (tail + chunk.toString()).slice(-shownConsoleBytes);
        if (work.showsConsole) process.stdout.write(chunk);
      },
    });
    const found = await readResults(results, keep);
    if (found !== undefined && end === 'reset') return found;
    const again = isFirst && !terminal && !signal.aborted && isEmulated() && (end === 'hung' || end === 'reset');
    const why = {
      reset: 'ended without results',
      failed: 'failed',
      hung: 'hung',
      deadline: `ran over ${deadlineMinutes} minutes`,
    };
    console.log(
      `${tail}\ntest bed: the outer VM ${why[end]}; above is the end of its console${again ? '. Once more' : ''}`,
    );
    if (!again) return undefined;
  }
}
