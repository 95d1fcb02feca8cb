import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** CNI plugins that say what they are told to and write down what they were asked: shell scripts in a folder. */
export class ScriptedPlugins {
  readonly folder: string;

  private constructor(folder: string) {
    this.folder = folder;
  }

  static async create(folder: string, types: readonly string[], versions: readonly string[]): Promise<ScriptedPlugins> {
    await mkdir(folder, { recursive: true });
    const plugins = new ScriptedPlugins(folder);
    for (const type of types) {
      await writeFile(join(folder, type), script, { mode: 0o755 });
      await plugins.answer(type, 'VERSION', { cniVersion: '1.0.0', supportedVersions: versions });
    }
    return plugins;
  }

  /** What a plugin prints at a command; nothing by default. */
  async answer(type: string, command: string, output: unknown): Promise<void> {
    await writeFile(join(this.folder, `answer-${type}-${command}`), JSON.stringify(output));
  }

  /** Lets a plugin fail at a command, printing this on standard output; or work again. */
  async fail(type: string, command: string, output: string | undefined): Promise<void> {
    await writeFile(join(this.folder, `fail-${type}-${command}`), output ?? 'works');
  }

  /** Lets a plugin wait at a command until it is killed. */
  async hang(type: string, command: string): Promise<void> {
    await writeFile(join(this.folder, `hang-${type}-${command}`), '');
  }

  /** What was asked so far, such as `ADD first`; VERSION left out. */
  async calls(): Promise<readonly string[]> {
    const log = await readFile(join(this.folder, 'log'), 'utf8').catch(() => '');
    return log.split('\n').filter((line) => line !== '' && !line.startsWith('VERSION'));
  }

  /** The configuration that a plugin read at its last call of a command. */
  async input(type: string, command: string): Promise<Record<string, unknown>> {
    return JSON.parse(await readFile(join(this.folder, `input-${type}-${command}`), 'utf8')) as Record<string, unknown>;
  }

  /** Its variables of CNI then. */
  async environment(type: string, command: string): Promise<readonly string[]> {
    return (await readFile(join(this.folder, `env-${type}-${command}`), 'utf8')).trim().split('\n').sort();
  }
}

const script = `#!/bin/sh
here=\${0%/*}
call=\${0##*/}-$CNI_COMMAND
echo "$CNI_COMMAND \${0##*/}" >>"$here/log"
cat >"$here/input-$call"
env | grep ^CNI_ >"$here/env-$call"
if [ -e "$here/hang-$call" ]; then sleep 300; fi
if [ -e "$here/fail-$call" ] && [ "$(cat "$here/fail-$call")" != works ]; then
  cat "$here/fail-$call"
  echo "words of $call" >&2
  exit 1
fi
if [ -e "$here/answer-$call" ]; then cat "$here/answer-$call"; fi
`;
