import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import { type CliResult, runCli } from '../cli.ts';

/** The data dir that comes with the bed, with kernel and appliance. */
export const bedDataDir = '/var/lib/firekiln';
/** The host's end of the bridge of `firekiln setup network machine-builds`. */
export const bedGateway = '192.168.128.1';

export interface BedCli extends AsyncDisposable {
  /** For the test's files; ends with this. */
  readonly folder: string;
  readonly run: (...args: readonly string[]) => Promise<CliResult>;
  /** Expects that it succeeds. */
  readonly good: (...args: readonly string[]) => Promise<CliResult>;
}

/** The command line in the bed, with the network `machine-builds`; VMs for which no network is named have none. */
export async function openBedCli(): Promise<BedCli> {
  const folder = await mkdtemp(join(tmpdir(), 'fkb-'));
  await mkdir(join(folder, 'firekiln'));
  // Guests are slow under two levels of emulation.
  await writeFile(join(folder, 'firekiln/config.toml'), '[vm]\nboot_seconds = 250\n[network]\ndefault = "none"\n');
  await writeFile('/etc/resolv.conf', 'nameserver 192.0.2.53\n');
  const env = { XDG_CONFIG_HOME: folder, SSH_AUTH_SOCK: '' };
  const run: BedCli['run'] = async (...args) => await runCli(args, { dataDir: bedDataDir, env, timeoutMs: 1_200_000 });
  const good: BedCli['good'] = async (...args) => {
    const result = await run(...args);
    expect(result.status, `firekiln ${args.join(' ')}\n${result.stdout}\n${result.stderr}`).toBe(0);
    return result;
  };
  await rm('/etc/cni/conf.d/machine-builds.conflist', { force: true });
  await good('setup', 'network', 'machine-builds');
  return { folder, run, good, [Symbol.asyncDispose]: async () => await rm(folder, { recursive: true, force: true }) };
}
