import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cpus, release } from 'node:os';

/** Of a program, in milliseconds. */
export interface Taken {
  readonly wallMs: number;
  /** Of all its threads, in the kernel and outside. */
  readonly cpuMs: number;
}

/** Runs a program to its end; throws with its output if it fails. */
export function timeProgram(program: string, args: readonly string[]): Taken {
  // The shell tells what getrusage(2) says of its children, which Node does not.
  const script = 'exec 3>&2 2>&1; TIMEFORMAT="%R %U %S"; { time "$@" 2>&1; } 2>&3';
  const result = spawnSync('bash', ['-c', script, 'bash', program, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    maxBuffer: 64 << 20,
    encoding: 'utf8',
  });
  const [wall = 0, user = 0, system = 0] = result.stderr.trim().split(' ').map(Number);
  if (result.status === 0) return { wallMs: wall * 1000, cpuMs: (user + system) * 1000 };
  const said = `${result.stdout}\n${result.stderr}`.trim().slice(-2000);
  throw new Error(`${program} ${args.join(' ')}: ${result.error?.message ?? `status ${result.status}`}\n${said}`);
}

export function sumOf(parts: readonly Taken[]): Taken {
  return parts.reduce((a, b) => ({ wallMs: a.wallMs + b.wallMs, cpuMs: a.cpuMs + b.cpuMs }));
}

/** Runs a script in a Node of its own; it prints one line of JSON. */
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- the script says what it prints
export function runScript<T>(script: string, args: readonly string[]): T {
  const result = spawnSync(process.execPath, [script, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
    encoding: 'utf8',
  });
  if (result.status !== 0) throw new Error(`${script} ended with ${result.status ?? result.signal}`);
  return JSON.parse(result.stdout) as T;
}

/** CPU time of this process so far, all threads, in milliseconds. */
export function cpuMsSoFar(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** The first line that a program prints about itself. */
export function versionOf(program: string, ...args: readonly string[]): string {
  const { stdout, stderr } = spawnSync(program, args, { encoding: 'utf8' });
  return `${stdout ?? ''}${stderr ?? ''}`.split('\n')[0]?.trim() ?? '';
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? upper) + upper) / 2;
}

export function machine(): string {
  const memory = /MemTotal:\s+(\d+)/.exec(readFileSync('/proc/meminfo', 'utf8'))?.[1] ?? '0';
  const gib = Math.round(Number(memory) / 2 ** 20);
  return `${cpus()[0]?.model}, ${cpus().length} cores, ${gib} GiB, Linux ${release()}, node ${process.versions.node}`;
}

/** The highest resident memory of this process so far, in MB. */
export function peakMemoryMb(): number {
  return (process.resourceUsage().maxRSS * 1024) / 1e6;
}

/** The value of `--name VALUE` among this script's arguments. */
export function numberOption(name: string, otherwise: number): number {
  const at = process.argv.indexOf(`--${name}`);
  return at === -1 ? otherwise : Number(process.argv[at + 1]);
}
