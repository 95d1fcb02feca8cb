import type { TerminalSize } from '../control/messages.ts';

/** What a VM runs for, as its shim sees it. */
export interface Entrypoint {
  /**
   * The exit code, 128+n if a signal ended it, when all of its output was handed on. Undefined if that can't be told: the
   * machine knows why.
   */
  readonly ended: Promise<number | undefined>;
  /** The guest has powered itself off, which its VMM did not notice. */
  readonly poweredOff?: boolean;
  /** False if the caller should wait for {@link onDrain}. */
  write(data: Buffer): boolean;
  endInput(): void;
  onDrain(listener: () => void): void;
  pause(): void;
  resume(): void;
  resize(size: TerminalSize): void;
  /** True if the signal was sent. */
  signal(number: number, signal?: AbortSignal): Promise<boolean>;
}
