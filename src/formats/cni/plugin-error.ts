/** The "Error" result of the CNI specification. */
export interface PluginError {
  /** 1 to 99 as the specification says, 100 and more as the plugin likes; 0 where nothing is known. */
  readonly code: number;
  readonly msg: string;
  readonly details: string;
}

/** What a failed plugin wrote to its standard output; undefined if that is no error of CNI. */
export function parsePluginError(output: Uint8Array): PluginError | undefined {
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(output).toString('utf8'));
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null || !('msg' in value) || typeof value.msg !== 'string') {
    return undefined;
  }
  const details = 'details' in value && typeof value.details === 'string' ? value.details : '';
  const code = 'code' in value && Number.isSafeInteger(value.code) ? Number(value.code) : 0;
  return { code, msg: value.msg, details };
}

/** In words, the codes that the specification defines. */
export const pluginErrorCodes: ReadonlyMap<number, string> = new Map([
  [1, 'incompatible CNI version'],
  [2, 'unsupported field in the network configuration'],
  [3, 'container unknown or does not exist'],
  [4, 'invalid necessary environment variables'],
  [5, 'input/output failure'],
  [6, 'failed to decode content'],
  [7, 'invalid network configuration'],
  [8, 'invalid network namespace'],
  [11, 'try again later'],
  [50, 'the plugin is not available'],
  [51, 'the plugin is not available, and existing containers may have limited connectivity'],
]);
