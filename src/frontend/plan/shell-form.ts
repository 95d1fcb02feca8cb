import type { StageState } from './stage-state.ts';

/** The words that a shell form stands for: the stage's shell with the text as its last argument. */
export function withShell(stage: StageState, words: readonly string[]): string[] {
  const { shell } = stage.image.config;
  return [...(shell === undefined || shell.length === 0 ? ['/bin/sh', '-c'] : shell), words.join(' ')];
}
