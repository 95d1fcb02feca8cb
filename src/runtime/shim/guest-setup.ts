import { FirekilnError } from '../../base/errors/firekiln-error.ts';
import { lastLines } from '../../base/process.ts';
import type { Appliance, Guest } from '../../guest/guest.ts';
import type { DriveSpec } from '../../vm/driver.ts';
import type { VmRecord } from '../record/vm-record.ts';
import { setupConfig } from './setup-config.ts';

/** The files by which users are resolved, as the image has them. */
export interface AccountFiles {
  readonly passwd: string;
  readonly group: string;
}

/** The drives of a VM in the order in which {@link setUpGuest} expects them. */
export function drivesOf(record: VmRecord, scratch: string, appliance: Appliance): readonly DriveSpec[] {
  return [
    ...record.segments.map(({ path }, index) => ({ id: `segment${index}`, path, readOnly: true })),
    { id: 'scratch', path: scratch, readOnly: false, durable: false },
    ...(appliance.modules === undefined ? [] : [{ id: 'modules', path: appliance.modules, readOnly: true }]),
  ];
}

/** Puts the image's file system together inside a booted guest. Throws GUEST_SETUP_FAILED. */
export async function setUpGuest(options: {
  readonly guest: Guest;
  readonly record: VmRecord;
  readonly appliance: Appliance;
  readonly drivePrefix: string;
  readonly signal: AbortSignal;
}): Promise<AccountFiles> {
  const { guest, record, appliance, drivePrefix, signal } = options;
  const config = setupConfig({
    segmentCount: record.segments.length,
    drivePrefix,
    hasModules: appliance.modules !== undefined,
    release: appliance.release,
    ...record,
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

/** The files as they are now; a program of the VM may have changed them. */
export async function readAccounts(guest: Guest, signal?: AbortSignal): Promise<AccountFiles> {
  const result = await guest.exec('exec sh /firekiln/run/accounts.sh', { signal });
  return splitAccounts(result.stdout.toString('utf8'));
}

function splitAccounts(text: string): AccountFiles {
  const [passwd = '', group = ''] = text.split('\n--firekiln-group--\n');
  return { passwd, group };
}
