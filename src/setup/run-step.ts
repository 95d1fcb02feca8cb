import type { SetupContext } from './setup-context.ts';

/** Tells of a piece of a set-up in the manner of a build's steps. */
export async function runStep<T>(
  { emitter }: Pick<SetupContext, 'emitter'>,
  node: string,
  name: string,
  work: () => Promise<T>,
): Promise<T> {
  const started = performance.now();
  const durationMs = () => performance.now() - started;
  emitter.emit({ event: 'node.started', node, name: `[setup] ${name}` });
  try {
    const value = await work();
    emitter.emit({ event: 'node.finished', node, durationMs: durationMs() });
    return value;
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    emitter.emit({ event: 'node.failed', node, durationMs: durationMs(), text });
    throw error;
  }
}
