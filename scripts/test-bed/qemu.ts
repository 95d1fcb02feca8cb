import { join } from 'node:path';
import { findProgram } from '../../src/base/find-program.ts';
import { runProcess } from '../../src/base/process.ts';
import { aptSources } from './apt-sources.ts';
import { cached, keyOf } from './cache.ts';

export interface BedQemu {
  readonly binary: string;
  /** Arguments that come before all others. */
  readonly args: readonly string[];
  /** As `--version` says. */
  readonly version: string;
}

/**
 * Older ones change what a processor is asked to interrupt for without a lock (`interrupt_request` in
 * target/i386/tcg, at each exit of a nested guest), so that now and then an interrupt of another processor is lost.
 */
const soundSince = [10, 2] as const;
/** Where a Debian without a QEMU as new finds one. */
const newer = { suite: 'trixie', backports: 'trixie-backports' } as const;
const libraries = 'usr/lib/x86_64-linux-gnu';

/** The QEMU of the outer VM: this machine's if it is new enough, or else one of a newer Debian, with its own libraries. */
export async function bedQemu(): Promise<BedQemu> {
  const own = await withVersion((await findProgram('qemu-system-x86_64')) ?? 'qemu-system-x86_64', []);
  if (isSound(own.version)) return own;
  try {
    return await newerQemu();
  } catch (error) {
    console.log(
      `test bed: no QEMU ${soundSince.join('.')} or newer to be had, so ${own.version} is used: ${String(error)}`,
    );
    return own;
  }
}

async function newerQemu(): Promise<BedQemu> {
  const { suite, backports } = newer;
  const mirror = (await aptSources())?.mirror;
  if (mirror === undefined) throw new Error('apt knows no archive of Debian');
  const tree = await cached('qemu', keyOf(backports), '', async (target) => {
    await runProcess('mmdebstrap', {
      args: [
        ['--variant=extract', '--format=directory', '--include=qemu-system-x86'],
        [`--aptopt=APT::Default-Release "${backports}"`, '--aptopt=APT::Install-Recommends "false"'],
        [suite, target, `deb ${mirror} ${suite} main`, `deb ${mirror} ${backports} main`],
      ].flat(),
      timeoutMs: 600_000,
    });
  });
  return await withVersion(
    join(tree, 'usr/lib64/ld-linux-x86-64.so.2'),
    [
      ['--library-path', join(tree, libraries), join(tree, 'usr/bin/qemu-system-x86_64')],
      ['-L', join(tree, 'usr/share/qemu')],
    ].flat(),
  );
}

async function withVersion(binary: string, args: readonly string[]): Promise<BedQemu> {
  const { stdout } = await runProcess(binary, { args: [...args, '--version'] });
  const version = /version (\d+\.\d+\S*)/.exec(stdout.toString())?.[1] ?? '0.0';
  return { binary, args, version };
}

function isSound(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major > soundSince[0] || (major === soundSince[0] && minor >= soundSince[1]);
}
