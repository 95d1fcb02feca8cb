export const setupParts = ['packages', 'kernel', 'appliance', 'clock'] as const;

export type SetupPart = (typeof setupParts)[number];

/** What a set-up did about one part. */
export interface SetupResult {
  readonly part: SetupPart;
  readonly state: /** It was not as it should be and is now. */
    | 'done'
    /** It was as it should be. */
    | 'unchanged'
    /** Somebody with root must run {@link command}. */
    | 'needs-root'
    | 'failed';
  readonly text: string;
  readonly command?: string;
}
