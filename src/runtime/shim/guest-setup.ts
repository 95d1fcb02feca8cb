import { FirekilnError } from '../../base/errors/firekiln-error.ts';
import { lastLines } from '../../base/last-lines.ts';
import type { Appliance, Guest } from '../../guest/guest.ts';
import { handOver } from '../../guest/hand-over.ts';
import type { DriveSpec } from '../../vm/driver.ts';
import type { VmFolder } from '../record/vm-folder.ts';
import type { VmRecord } from '../record/vm-record.ts';
import { setupConfig } from './setup-config.ts';

/** The files by which users are resolved, as the image has them. */
export interface AccountFiles {
  readonly passwd: string;
  readonly group: string;
}

/** The drives of a VM in the order in which {@link setUpGuest} expects them. */
export function drivesOf(
  record: VmRecord,
  folder: Pick<VmFolder, 'scratch' | 'rootDisk'>,
  appliance: Appliance,
): readonly DriveSpec[] {
  const modules = appliance.modules === undefined ? [] : [{ id: 'modules', path: appliance.modules, readOnly: true }];
  const written = { readOnly: false, durable: false };
  if (record.root === 'flat') return [{ id: 'root', path: folder.rootDisk, ...written }, ...modules];
  return [
    ...record.segments.map(({ path }, index) => ({ id: `segment${index}`, path, readOnly: true })),
    { id: 'scratch', path: folder.scratch, ...written },
    ...modules,
  ];
}

/**
 * Puts the image's file system together inside a booted guest; it lies in `/run/firekiln/vm/root` there. For an init of
 * the image's own the answer is empty: {@link handOverToImage} is to follow. Throws GUEST_SETUP_FAILED.
 */
export async function setUpGuest(options: {
  readonly guest: Guest;
  readonly record: Pick<VmRecord, 'image' | 'segments' | 'root' | 'init' | 'hostname' | 'workdir' | 'volumes'>;
  readonly appliance: Appliance;
  readonly drivePrefix: string;
  readonly signal: AbortSignal;
}): Promise<AccountFiles> {
  const { guest, record, appliance, drivePrefix, signal } = options;
  const config = setupConfig({
    ...record,
    segmentCount: record.segments.length,
    drivePrefix,
    hasModules: appliance.modules !== undefined,
    release: appliance.release,
  });
  const file = '/run/firekiln/vm/config';
  const result = await guest.exec(
    `mkdir -p /run/firekiln/vm && cat >${file} && exec sh /firekiln/run/setup.sh ${file}`,
    { stdin: Buffer.from(config), signal },
  );
  if (result.exitCode !== 0) {
    throw new FirekilnError('GUEST_SETUP_FAILED', `the file system of ${record.image.name} could not be put together`, {
      details: lastLines(result.stderr, 20),
    });
  }
  return splitAccounts(result.stdout.toString('utf8'));
}

/**
 * Makes the image's init process 1 of a guest that {@link setUpGuest} has set up for it. From then on the machine is the
 * image's: it ends when the image's init ends it. Throws RUN_NO_INIT, GUEST_SETUP_FAILED.
 */
export async function handOverToImage(options: {
  readonly guest: Guest;
  /** For messages. */
  readonly imageName: string;
  /** A program of the image, and its arguments. */
  readonly args: readonly string[];
  /** `NAME=value`. */
  readonly env: readonly string[];
  readonly signal: AbortSignal;
}): Promise<AccountFiles> {
  const { guest, imageName, args, env, signal } = options;
  const result = await handOver(guest, { args, env, signal });
  if (result.exitCode === 0) return splitAccounts(result.stdout.toString('utf8'));
  if (result.exitCode === 3) {
    throw new FirekilnError('RUN_NO_INIT', `${imageName} has no init: there is no program ${args[0]} in it`, {
      hint: 'Without --init image Firekiln runs the program of the image under an init of its own.',
    });
  }
  throw new FirekilnError('GUEST_SETUP_FAILED', `the init of ${imageName} could not be started`, {
    details: lastLines(result.stderr, 20),
  });
}

/** The files as they are now; a program of the VM may have changed them. */
export async function readAccounts(guest: Guest, signal?: AbortSignal): Promise<AccountFiles> {
  const result = await guest.exec('exec sh /firekiln/run/accounts.sh', { signal });
  return splitAccounts(result.stdout.toString('utf8'));
}

function splitAccounts(text: string): AccountFiles {
  const [passwd = '', group = ''] = text.split('\n--firekiln-group--\n');
  return { passwd, group };
}
