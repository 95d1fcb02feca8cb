import { access, constants, statfs } from 'node:fs/promises';
import { findProgram } from '../../base/find-program.ts';
import { systemCode } from '../../base/system-error.ts';
import { encodeCniResult } from '../../formats/cni/cni-result.ts';
import { cniVersions } from '../../formats/cni/cni-version.ts';
import { findTapPair } from '../../formats/cni/tap-pair.ts';
import { listLinks } from '../links.ts';
import { addTap, removeTap } from './add-tap.ts';
import { failureCodes, PluginFailure } from './plugin-failure.ts';
import type { PluginRequest } from './plugin-request.ts';
import { hasIngress, isRedirected, removeIngress } from './redirect.ts';

/** Carries out a call; what comes back is what the plugin prints. Throws PluginFailure and whatever programs say. */
export async function runCommand(request: PluginRequest): Promise<unknown> {
  switch (request.command) {
    case 'VERSION':
      return { cniVersion: request.version ?? cniVersions.at(-1), supportedVersions: cniVersions };
    case 'ADD':
      await needNetns(request.netns);
      return encodeCniResult(await addTap(request), request.version ?? '1.1.0');
    case 'CHECK':
      await needNetns(request.netns);
      await checkTap(request);
      return undefined;
    case 'DEL':
      // All that ADD makes lies in the namespace and goes with it.
      if (request.netns !== '' && (await netnsExists(request.netns))) await deleteTap(request);
      return undefined;
    case 'STATUS':
      await needPrograms();
      return undefined;
    case 'GC':
      return undefined;
    default:
      throw new PluginFailure(failureCodes.invalidEnvironment, `unknown CNI_COMMAND: ${request.command}`);
  }
}

async function checkTap(request: PluginRequest): Promise<void> {
  const { netns, ifName, previous, containerId } = request;
  const pair = previous === undefined ? undefined : findTapPair(previous, containerId);
  if (pair === undefined) {
    throw new PluginFailure(failureCodes.invalidConfig, `the previous result has no tap of ${containerId}`);
  }
  const tap = pair.tap.name;
  const links = await listLinks(netns);
  for (const [device, other] of [
    [tap, ifName],
    [ifName, tap],
  ] as const) {
    if (!links.some(({ name }) => name === device)) failCheck(`there is no interface ${device} in ${netns}`);
    if (!(await hasIngress(netns, device))) failCheck(`${device} has no ingress qdisc`);
    if (!(await isRedirected(netns, device, other))) failCheck(`${device} is not redirected to ${other}`);
  }
}

async function deleteTap({ netns, ifName, previous, containerId }: PluginRequest): Promise<void> {
  const links = await listLinks(netns);
  if (links.some(({ name }) => name === ifName)) await removeIngress(netns, ifName);
  const pair = previous === undefined ? undefined : findTapPair(previous, containerId);
  if (pair !== undefined) await removeTap(netns, pair.tap.name);
}

function failCheck(message: string): never {
  throw new PluginFailure(failureCodes.failed, message);
}

async function needNetns(path: string): Promise<void> {
  if (await netnsExists(path)) return;
  throw new PluginFailure(failureCodes.invalidNetns, `there is no network namespace at ${path}`);
}

async function netnsExists(path: string): Promise<boolean> {
  try {
    // NSFS_MAGIC and PROC_SUPER_MAGIC (/proc/PID/ns/net of old kernels) of linux/magic.h.
    return [0x6e736673, 0x9fa0].includes((await statfs(path)).type);
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return false;
    throw error;
  }
}

async function needPrograms(): Promise<void> {
  const programs = ['nsenter', 'ip', 'tc'];
  const found = await Promise.all(programs.map(async (name) => await findProgram(name)));
  const missing = programs.filter((_, i) => found[i] === undefined);
  if (missing.length > 0) {
    throw new PluginFailure(failureCodes.notAvailable, `not installed: ${missing.join(', ')}`);
  }
  await access('/dev/net/tun', constants.R_OK | constants.W_OK).catch((error: unknown) => {
    throw new PluginFailure(failureCodes.notAvailable, '/dev/net/tun can not be opened', String(error));
  });
}
