/** Blocks of a file that lie side by side in the image. */
export interface BlockRange {
  /** First block within the file. */
  readonly logical: number;
  /** First block within the image. */
  readonly physical: number;
  readonly count: number;
}
