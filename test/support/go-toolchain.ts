import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** BuildKit v0.34.2 says `go 1.26.8` in its go.mod. */
const wanted = { minor: 26, version: '1.26.8' };
/** From this version on, Go fetches the toolchain that a go.mod asks for by itself. */
const firstThatSwitches = 21;
const cache = new URL('../../.cache/go-toolchain/', import.meta.url).pathname;
const candidates = ['go', '/usr/local/go/bin/go', '/usr/lib/go/bin/go'];

/** A Go that compiles BuildKit: the host's, or one that is fetched from the module proxy; undefined without any Go. */
export function findGo(): string | undefined {
  const found = candidates.map((program) => ({ program, minor: minorOf(program) }));
  const good = found.find(({ minor }) => minor >= firstThatSwitches);
  if (good !== undefined) return good.program;
  const old = found.find(({ minor }) => minor > 0);
  return old === undefined ? undefined : fetchToolchain(old.program);
}

/** True where `findGo` finds one, without fetching it. */
export function hasGo(): boolean {
  return candidates.some((program) => minorOf(program) > 0);
}

/** Runs `go` and gives what it prints. */
export function runGo(args: readonly string[], cwd: string, env: NodeJS.ProcessEnv = {}): string {
  const go = findGo();
  if (go === undefined) throw new Error('no Go is installed');
  return execFileSync(go, args, {
    cwd,
    env: { ...process.env, CGO_ENABLED: '0', GOFLAGS: '-p=2', ...env },
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 900_000,
    maxBuffer: 64 << 20,
  });
}

/** The second number of its version, 0 if it can't be started. */
function minorOf(program: string): number {
  const { stdout } = spawnSync(program, ['env', 'GOVERSION'], {
    encoding: 'utf8',
    env: { ...process.env, GOTOOLCHAIN: 'local' },
  });
  return Number(/^go1\.(\d+)/.exec(stdout ?? '')?.[1] ?? 0);
}

/** A toolchain is a module; its zip knows no modes. */
function fetchToolchain(go: string): string {
  const folder = join(cache, wanted.version);
  const program = join(folder, 'bin/go');
  if (existsSync(program)) return program;
  const work = `${folder}.${process.pid}`;
  mkdirSync(work, { recursive: true });
  try {
    writeFileSync(join(work, 'go.mod'), 'module toolchain\n');
    const machine = process.arch === 'arm64' ? 'arm64' : 'amd64';
    const name = `golang.org/toolchain@v0.0.1-go${wanted.version}.linux-${machine}`;
    const env = { ...process.env, GOFLAGS: '-modcacherw', GOMODCACHE: join(work, 'modules') };
    const said = execFileSync(go, ['mod', 'download', '-json', name], { cwd: work, env, encoding: 'utf8' });
    const { Dir } = JSON.parse(said) as { readonly Dir: string };
    for (const tools of ['bin', `pkg/tool/linux_${machine}`]) {
      for (const tool of readdirSync(join(Dir, tools))) chmodSync(join(Dir, tools, tool), 0o755);
    }
    renameSync(Dir, folder);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  return program;
}
