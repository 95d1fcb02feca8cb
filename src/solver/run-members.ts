import type { LimitFunction } from 'p-limit';
import type { BatchOutcome, OpContext } from './op.ts';
import type { VertexEvents } from './vertex-events.ts';
import type { GraphVertex } from './vertex-graph.ts';
import type { WorkGuard } from './work-guard.ts';

export interface RunOptions<Result> {
  readonly guard: WorkGuard<Result>;
  readonly events: VertexEvents<Result>;
  readonly limit: LimitFunction;
  readonly context: OpContext;
}

/**
 * Does the work of vertices that follow one another: of one by its op, of several in one batch.
 *
 * @param inputs Of the first one.
 * @param others For each, its inputs behind the first.
 */
export async function runMembers<Result>(
  run: readonly GraphVertex<Result>[],
  inputs: readonly Result[],
  others: readonly (readonly Result[])[],
  { guard, events, limit, context }: RunOptions<Result>,
): Promise<BatchOutcome<Result>> {
  const [first] = run;
  if (first === undefined) throw new Error('nothing to run');
  const { op } = first.vertex;
  const memberStarts = (index: number) => {
    for (const ended of run.slice(0, index)) events.finished(ended);
    const member = run[index];
    if (member !== undefined) events.started(member);
  };
  return await limit(() =>
    guard.run(first, async () => {
      events.started(first);
      if (run.length === 1 || op.batch === undefined) return { results: [await op.exec(inputs, context)] };
      const members = run.map(({ vertex }, i) => ({ vertex, otherInputs: others[i] ?? [] }));
      return await op.batch.execBatch(members, inputs[0] as Result, { ...context, memberStarts });
    }),
  );
}
