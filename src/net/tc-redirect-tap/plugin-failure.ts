/** A failure in the form that CNI gives to runtimes; the codes are those of the CNI specification. */
export class PluginFailure extends Error {
  override readonly name = 'PluginFailure';
  readonly code: number;
  readonly details: string;

  constructor(code: (typeof failureCodes)[keyof typeof failureCodes], message: string, details = '') {
    super(message);
    this.code = code;
    this.details = details;
  }
}

export const failureCodes = {
  incompatibleVersion: 1,
  invalidEnvironment: 4,
  ioFailure: 5,
  decodingFailure: 6,
  invalidConfig: 7,
  invalidNetns: 8,
  notAvailable: 50,
  failed: 999,
} as const;
