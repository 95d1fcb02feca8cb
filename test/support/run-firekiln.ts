import { fileURLToPath } from 'node:url';
import { tryProcess } from '../../src/base/process.ts';

const entry = fileURLToPath(new URL('../../src/cli/firekiln.ts', import.meta.url));

export interface CommandResult {
  readonly code: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command line of this checkout's source as a user would; any exit code is a result. */
export async function runFirekiln(
  dataDir: string,
  args: readonly string[],
  { input, timeoutMs = 300_000 }: { readonly input?: string; readonly timeoutMs?: number } = {},
): Promise<CommandResult> {
  const { exitCode, stdout, stderr } = await tryProcess(process.execPath, {
    args: [entry, ...args],
    env: { ...process.env, FIREKILN_DATA_DIR: dataDir, NO_COLOR: '1' },
    ...(input === undefined ? {} : { stdin: { text: input } }),
    timeoutMs,
  });
  return { code: exitCode, stdout: stdout.toString(), stderr: stderr.toString() };
}
