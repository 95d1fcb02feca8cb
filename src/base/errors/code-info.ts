/** What a stable error code means to a user; `docs/errors.md` is generated from these. */
export interface CodeInfo {
  /** One sentence: what has happened. */
  readonly meaning: string;
  /** One or two sentences: what the user can do. */
  readonly wayOut: string;
}
