import { FirekilnError } from '../../base/errors/firekiln-error.ts';
import { runProcess } from '../../base/process.ts';

const oldest: readonly [number, number] = [1, 12];
const askMs = 60_000;

/** `1.12.1`, as `firecracker --version` and `jailer --version` say it. Throws VMM_UNSUPPORTED. */
async function programVersion(path: string, name: 'Firecracker' | 'Jailer'): Promise<string> {
  let said: string;
  try {
    said = String((await runProcess(path, { args: ['--version'], timeoutMs: askMs, maxOutputBytes: 4096 })).stdout);
  } catch (cause) {
    throw new FirekilnError('VMM_UNSUPPORTED', `${path} does not say its version`, { cause });
  }
  const version = new RegExp(`^${name} v(\\d+\\.\\d+\\.\\d+\\S*)`, 'm').exec(said)?.[1];
  if (version === undefined) {
    throw new FirekilnError('VMM_UNSUPPORTED', `${path} is not ${name === 'Jailer' ? "Firecracker's jailer" : name}`, {
      details: said.split('\n', 1),
    });
  }
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major < oldest[0] || (major === oldest[0] && minor < oldest[1])) {
    throw new FirekilnError(
      'VMM_UNSUPPORTED',
      `${path} is ${name} ${version}; ${oldest.join('.')} or newer is needed`,
      {
        hint: '`firekiln setup firecracker` installs one.',
      },
    );
  }
  return version;
}

/**
 * The version of both programs. Throws VMM_UNSUPPORTED unless they are of one that can be used, as the jailer wants it.
 */
export async function checkVersions(binary: string, jailer: string | undefined): Promise<string> {
  const version = await programVersion(binary, 'Firecracker');
  if (jailer === undefined) return version;
  const jailerVersion = await programVersion(jailer, 'Jailer');
  if (version === jailerVersion) return version;
  throw new FirekilnError('VMM_UNSUPPORTED', `${jailer} is of version ${jailerVersion}, ${binary} of ${version}`, {
    hint: 'Take both from one release of Firecracker.',
  });
}
