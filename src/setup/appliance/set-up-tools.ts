import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Digest, digestOfValue } from '../../base/digest.ts';
import { runProcess } from '../../base/process.ts';
import type { Store } from '../../store/store.ts';
import { runStep } from '../run-step.ts';
import type { SetupContext } from '../setup-context.ts';
import { collectPrograms } from './collect-programs.ts';
import { applianceProgramFiles, applianceProgramPackages } from './needed-programs.ts';
import { toolsFormat, writeToolsArchive } from './tools-archive.ts';

/** The appliance's programs, as they lie in the store. */
export interface InstalledTools {
  readonly key: Digest;
  /** The cpio archive. */
  readonly archive: string;
}

const kind = 'appliance-tools';
const pin = 'setup:appliance-tools';

/** The programs that were set up last, if the store still has them and this version of Firekiln can use them. */
export async function findTools(store: Store): Promise<InstalledTools | undefined> {
  const key = (await store.pins.list()).find(({ name }) => name === pin)?.refs[0];
  const folder = key === undefined ? undefined : await store.artifacts.find(kind, key);
  if (key === undefined || folder === undefined) return undefined;
  const archive = join(folder, archiveName);
  return existsSync(archive) ? { key, archive } : undefined;
}

/** Named for what it is made from, so that another version of Firekiln makes its own. */
const archiveName = `tools-${digestOfValue([toolsFormat, [...applianceProgramFiles]]).slice(7, 19)}.cpio`;

/** Fetches the programs from Debian's archives; what the store has already is not made again. */
export async function setUpTools(context: SetupContext): Promise<InstalledTools> {
  const { store, signal } = context;
  return await runStep(context, 'appliance', 'programs of the appliance from Debian', async () => {
    const archive = await context.archive();
    const names = (await archive.closure(applianceProgramPackages)).filter(
      (name) => applianceProgramPackages.includes(name) || isLibrary(name),
    );
    const packages = (await archive.offered(names)).map(({ name, version }) => `${name} ${version}`).sort();
    const key = digestOfValue({ what: 'appliance tools', archiveName, packages });
    const make = async (path: string) => {
      const tree = await context.workFolder();
      await archive.unpack(names, tree);
      const files = await collectPrograms(tree, applianceProgramFiles);
      const busybox = join(tree, 'bin/busybox');
      const { stdout } = await runProcess(busybox, { args: ['--list'], timeoutMs: 10_000, signal });
      await mkdir(path);
      await writeFile(join(path, archiveName), writeToolsArchive(files, String(stdout).trim().split('\n')));
    };
    await store.artifacts.ensure(kind, key, make, { signal, label: 'programs of the appliance' });
    await store.pins.set(pin, [key]);
    const tools = await findTools(store);
    if (tools === undefined) throw new Error(`the programs ${key} were kept and are not there`);
    return tools;
  });
}

/** Debian's names of packages with shared libraries. */
function isLibrary(name: string): boolean {
  return name.startsWith('lib') || name === 'zlib1g';
}
