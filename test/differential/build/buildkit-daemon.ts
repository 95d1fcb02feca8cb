import { mkdir, rm, writeFile } from 'node:fs/promises';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { startProcess, tryProcess } from '../../../src/base/process.ts';
import { buildkitPrograms } from './buildkit-programs.ts';

/** A running buildkitd, alone with its own state. */
export interface BuildkitDaemon extends AsyncDisposable {
  /** Runs `buildctl build`; standard error tells of a failure. */
  build(
    args: readonly string[],
    env: NodeJS.ProcessEnv,
  ): Promise<{ readonly failed: boolean; readonly stderr: string }>;
}

/** Of the names of base images that cases use. */
const hosts = ['docker.io', 'quay.io', 'mirror.gcr.io'];
const builds = { timeoutMs: 300_000 };

/**
 * Starts it as root with runc. `mirror` is the registry, `HOST:PORT` without TLS, that stands for all registries.
 * The folder is the caller's to remove.
 */
export async function startBuildkit(folder: string, mirror: string): Promise<BuildkitDaemon> {
  const { buildkitd, buildctl } = buildkitPrograms();
  await mkdir(folder, { recursive: true });
  const socket = join(folder, 'buildkitd.sock');
  const config = join(folder, 'buildkitd.toml');
  const toml = [
    `root = "${folder}/state"`,
    `[grpc]\naddress = ["unix://${socket}"]`,
    '[worker.oci]\nenabled = true\ngc = false\nnetworkMode = "host"',
    '[worker.containerd]\nenabled = false',
    ...hosts.map((host) => `[registry."${host}"]\nmirrors = ["${mirror}"]`),
    `[registry."${mirror}"]\nhttp = true\n`,
  ].join('\n');
  await writeFile(config, toml);
  const daemon = await startProcess(buildkitd, { args: ['--config', config], dieWithParent: true });
  const ended = daemon.result.then(() => true);
  for (let attempt = 0; attempt < 300 && !(await answers(socket)); attempt++) {
    if (await Promise.race([ended, delay(100, false)])) break;
  }
  if (!(await answers(socket))) {
    const { stderr } = await daemon.stop();
    throw new Error(`buildkitd does not start: ${stderr.toString().slice(-2000)}`);
  }
  return {
    build: async (args, env) => {
      const { exitCode, stderr } = await tryProcess(buildctl, {
        ...builds,
        env: { ...process.env, ...env },
        args: ['--addr', `unix://${socket}`, 'build', '--progress', 'plain', '--frontend', 'dockerfile.v0', ...args],
      });
      return { failed: exitCode !== 0, stderr: stderr.toString() };
    },
    [Symbol.asyncDispose]: async () => {
      await daemon.stop();
      await rm(join(folder, 'state'), { recursive: true, force: true });
    },
  };
}

async function answers(socket: string): Promise<boolean> {
  return await new Promise((resolve) => {
    const connection = createConnection(socket, () => {
      connection.destroy();
      resolve(true);
    });
    connection.once('error', () => resolve(false));
  });
}
