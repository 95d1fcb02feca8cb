import { binFolder } from '../setup/firecracker/bin-folder.ts';
import { installPrograms } from '../setup/firecracker/install-programs.ts';
import { knownRelease } from '../setup/firecracker/known-release.ts';
import { openPackageSource } from '../setup/firecracker/package-source.ts';
import { readPackage } from '../setup/firecracker/read-package.ts';
import { verifyPrograms } from '../setup/firecracker/verify-programs.ts';
import { checkVersions } from '../vm/firecracker/program-version.ts';
import type { App } from './app.ts';
import { openHttp } from './http.ts';

export interface FirecrackerInstallation {
  readonly folder: string;
  readonly version: string;
  /** What was installed was there already. */
  readonly unchanged: boolean;
  readonly from: string;
}

/**
 * Installs firecracker and jailer into the data dir, from a package that is verified, or from a folder. Safe twice.
 * Throws CHECKSUM_MISMATCH, FIRECRACKER_UNFIT, VMM_UNSUPPORTED and what fetching throws.
 */
export async function setUpFirecracker(
  app: App,
  { from = knownRelease.url, digest }: { readonly from?: string | undefined; readonly digest?: string | undefined },
): Promise<FirecrackerInstallation> {
  const wanted = digest ?? (from === knownRelease.url ? knownRelease.sha256 : undefined);
  const client = async () => await openHttp(app);
  const source = await openPackageSource(from, { client, signal: app.signal });
  const programs = source.kind === 'programs' ? source.programs : await readPackage(source.bytes, source.shown);
  if (source.kind === 'package') verifyPrograms({ ...source, programs }, wanted);
  const folder = binFolder(app.dataDir);
  let version = '';
  const changed = await installPrograms(programs, folder, async ({ firecracker, jailer }) => {
    version = await checkVersions(firecracker, jailer);
  });
  return { folder, version, unchanged: !changed, from: source.shown };
}
