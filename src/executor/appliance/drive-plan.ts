import { FirekilnError } from '../../base/errors/firekiln-error.ts';
import type { DriveSpec } from '../../vm/driver.ts';
import type { ExecRequest, ExecSegment, ExecStep } from '../executor.ts';

/** One boot of the group: some of its steps, and the drives that they need. */
export interface Boot {
  /** Place of the first step in the request. */
  readonly first: number;
  readonly steps: readonly ExecStep[];
  readonly drives: readonly DriveSpec[];
  /** The name in the guest of the drive with a file of the host, such as `vdb`. */
  readonly device: (path: string) => string;
}

export interface DriveLimits {
  readonly maxDrives: number;
  /** See DriverCapabilities.drivePrefix. */
  readonly prefix: string;
}

/**
 * Splits the steps into boots of as many drives as a machine can have; all boots work on the same scratch disk. Equal
 * images are one drive. Throws STEP_TOO_MANY_DRIVES for a step that fits into none.
 */
export function planBoots(
  request: Pick<ExecRequest, 'segments' | 'steps'>,
  scratch: string,
  limits: DriveLimits,
): Boot[] {
  const base = new Map([[scratch, false], ...segmentFiles(request.segments)]);
  const boots: Boot[] = [];
  let steps: ExecStep[] = [];
  let files = new Map(base);
  let first = 0;
  const close = () => {
    boots.push(bootOf(first, steps, files, limits.prefix));
    first += steps.length;
    steps = [];
    files = new Map(base);
  };
  for (const step of request.steps) {
    const wanted = new Map(mountFiles(step));
    if (new Map([...base, ...wanted]).size > limits.maxDrives) throw tooMany(base.size + wanted.size, limits);
    if (new Map([...files, ...wanted]).size > limits.maxDrives) close();
    steps.push(step);
    for (const [path, readOnly] of wanted) files.set(path, readOnly);
  }
  close();
  return boots;
}

function bootOf(first: number, steps: readonly ExecStep[], files: ReadonlyMap<string, boolean>, prefix: string): Boot {
  const paths = [...files.keys()];
  return {
    first,
    steps,
    drives: [...files].map(([path, readOnly], i) => ({ id: `drive${i}`, path, readOnly, durable: false })),
    device: (path) => {
      const at = paths.indexOf(path);
      if (at < 0) throw new Error(`${path} is no drive of this boot`);
      return `${prefix}${letters(at)}`;
    },
  };
}

/** As the kernel counts disks: a to z, aa and so on. */
function letters(index: number): string {
  const last = String.fromCharCode(97 + (index % 26));
  return index < 26 ? last : `${letters(Math.floor(index / 26) - 1)}${last}`;
}

/** Path -> whether it is read-only. */
type DriveFile = readonly [string, boolean];

function segmentFiles(segments: readonly ExecSegment[]): DriveFile[] {
  return segments.map(({ path }) => [path, true]);
}

function mountFiles(step: ExecStep): DriveFile[] {
  return step.mounts.flatMap((mount): DriveFile[] => {
    if (mount.type === 'bind') return segmentFiles(mount.segments);
    if (mount.type === 'cache') return [[mount.imagePath, false], ...segmentFiles(mount.from)];
    return [];
  });
}

function tooMany(count: number, { maxDrives }: DriveLimits): FirekilnError {
  return new FirekilnError(
    'STEP_TOO_MANY_DRIVES',
    `a step needs ${count} drives for its base and its mounts; a virtual machine can have ${maxDrives}`,
  );
}
