import { delay } from '../../base/abort.ts';
import { FirekilnError } from '../../base/errors/firekiln-error.ts';
import { lastLines } from '../../base/last-lines.ts';
import { startProcess } from '../../base/process.ts';
import { type ProcessResult, processError } from '../../base/process-result.ts';
import { systemCode } from '../../base/system-error.ts';
import { type CniArgs, formatCniArgs } from '../../formats/cni/cni-args.ts';
import { cniLimits } from '../../formats/cni/cni-limits.ts';
import { parsePluginError, pluginErrorCodes } from '../../formats/cni/plugin-error.ts';
import { bundledPlugin } from './own-plugins.ts';

export type CniCommand = 'ADD' | 'CHECK' | 'DEL' | 'GC' | 'STATUS' | 'VERSION';

export interface PluginCall {
  readonly command: CniCommand;
  readonly path: string;
  /** Where plugins look for those that they start themselves. */
  readonly binDirs: readonly string[];
  /** JSON for its standard input. */
  readonly input: string;
  readonly containerId?: string;
  readonly netns?: string;
  readonly ifName?: string;
  readonly args?: CniArgs;
  readonly signal?: AbortSignal | undefined;
}

/** An IPAM plugin that asks a DHCP server may take long. */
const timeLimitMs = 120_000;
const busyPauseMs = 200;
const busyTries = 10;

/**
 * Runs a plugin by the execution protocol of the CNI specification (section 2) and returns its standard output. Throws
 * CNI_PLUGIN_FAILED with the plugin's own code, message and details; TIMEOUT, ABORTED.
 */
export async function runPlugin(call: PluginCall): Promise<Buffer> {
  const result = await runWhenWritten(call);
  if (result.aborted || result.timedOut) throw processError(result, call.signal);
  if (result.exitCode !== 0) throw pluginFailure(call, result);
  if (result.stdout.length > cniLimits.bytes) {
    throw new FirekilnError('LIMIT_EXCEEDED', `${call.path} printed more than ${cniLimits.bytes} bytes`);
  }
  return result.stdout;
}

/** A plugin that is just being installed can't be started for a moment. */
async function runWhenWritten(call: PluginCall): Promise<ProcessResult> {
  for (let tries = 1; ; tries++) {
    try {
      const child = await startProcess(call.path, {
        env: environment(call),
        stdin: { text: call.input },
        maxOutputBytes: cniLimits.bytes + 1,
        timeoutMs: timeLimitMs,
        signal: call.signal,
      });
      return await child.result;
    } catch (error) {
      if (systemCode(error) !== 'ETXTBSY' || tries === busyTries) throw error;
      await delay(busyPauseMs, call.signal);
    }
  }
}

function environment(call: PluginCall): NodeJS.ProcessEnv {
  return {
    ...process.env,
    // Plugins call iptables and others, which are not on every PATH.
    PATH: [process.env.PATH, '/usr/local/sbin', '/usr/sbin', '/sbin', '/usr/bin', '/bin'].filter(Boolean).join(':'),
    FIREKILN_NODE: process.execPath,
    FIREKILN_TC_REDIRECT_TAP: bundledPlugin(),
    CNI_COMMAND: call.command,
    CNI_CONTAINERID: call.containerId ?? '',
    CNI_NETNS: call.netns ?? '',
    CNI_IFNAME: call.ifName ?? '',
    CNI_ARGS: formatCniArgs(call.args ?? []),
    CNI_PATH: call.binDirs.join(':'),
  };
}

function pluginFailure(call: PluginCall, result: ProcessResult): FirekilnError {
  const said = parsePluginError(result.stdout);
  const how = result.signal === undefined ? `exit code ${result.exitCode}` : `signal ${result.signal}`;
  const words = said?.msg || lastLines(result.stderr, 1)[0] || `it ended with ${how} and no message`;
  const code = said === undefined ? '' : ` (CNI error ${said.code})`;
  const meaning = pluginErrorCodes.get(said?.code ?? 0);
  return new FirekilnError('CNI_PLUGIN_FAILED', `${call.path} failed to ${call.command}: ${bounded(words)}${code}`, {
    hint: hintFor(words, said?.code),
    details: [
      ...(meaning === undefined ? [] : [`CNI error ${said?.code}: ${meaning}`]),
      ...(said?.details ? [bounded(said.details)] : []),
      ...lastLines(said === undefined ? Buffer.concat([result.stderr, result.stdout]) : result.stderr, 10).map(bounded),
    ],
  });
}

function hintFor(words: string, code: number | undefined): string | undefined {
  if (/no IP addresses available/i.test(words)) {
    return 'Every address of the subnet is taken: end VMs, run `firekiln purge`, or give the network a larger subnet.';
  }
  return code === 11 ? 'The plugin asks to try again later.' : undefined;
}

function bounded(text: string): string {
  const most = 2000;
  return text.length > most ? `${text.slice(0, most)}...` : text;
}
