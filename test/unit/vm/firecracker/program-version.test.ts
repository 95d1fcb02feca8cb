import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { checkVersions } from '../../../../src/vm/firecracker/program-version.ts';
import { useTemporaryFolder } from '../../../support/temporary-folder.ts';

const folder = useTemporaryFolder();

async function program(name: string, text: string): Promise<string> {
  const path = join(folder.path, name);
  await writeFile(path, `#!/bin/sh\ncat <<'EOF'\n${text}\nEOF\n`, { mode: 0o755 });
  return path;
}

it('takes Firecracker and jailer of one version', async () => {
  const binary = await program('firecracker', 'Firecracker v1.12.1\n\nSupported snapshot data format versions: 7.0.0');
  await checkVersions(binary, await program('jailer', 'Jailer v1.12.1\n'));
});

it.each([
  ['an old one', 'Firecracker v1.11.0', 'Jailer v1.11.0', /1\.12 or newer/],
  ['two versions', 'Firecracker v1.13.0', 'Jailer v1.12.1', /1\.12\.1.*1\.13\.0/],
  ['another program', 'QEMU emulator version 7.2', 'Jailer v1.12.1', /is not Firecracker/],
  ['a program in the jailer’s place', 'Firecracker v1.12.1', 'Firecracker v1.12.1', /is not Firecracker's jailer/],
])('refuses %s', async (_, firecracker, jailer, message) => {
  const paths = [await program('firecracker', firecracker), await program('jailer', jailer)] as const;
  await expect(checkVersions(...paths)).rejects.toMatchObject({
    code: 'VMM_UNSUPPORTED',
    message: expect.stringMatching(message),
  });
});

it('refuses what can not be run', async () => {
  const path = join(folder.path, 'text');
  await writeFile(path, 'text');
  await expect(checkVersions(path, undefined)).rejects.toMatchObject({ code: 'VMM_UNSUPPORTED' });
});
