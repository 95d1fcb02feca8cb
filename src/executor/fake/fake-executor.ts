import { throwIfAborted } from '../../base/abort.ts';
import { byteStringFromText } from '../../base/byte-string.ts';
import { type TarInput, writeTar } from '../../formats/tar/tar-writer.ts';
import type { Store } from '../../store/store.ts';
import type { ExecRequest, ExecResult, ExecStep, ExecStepFailure, ExecStepResult, Executor } from '../executor.ts';
import { LastLines } from '../last-lines.ts';

/** What a scripted step does. */
export interface FakeOutcome {
  /** Path without a slash at its beginning -> content, or null for a deletion. */
  readonly files?: Readonly<Record<string, string | null>>;
  readonly stdout?: string;
  readonly stderr?: string;
  /** 0 by default. */
  readonly exitCode?: number;
  readonly failure?: Partial<ExecStepFailure>;
}

export interface FakeExecutorOptions {
  readonly store: Pick<Store, 'layers'>;
  readonly onStep: (step: ExecStep, request: ExecRequest) => FakeOutcome | Promise<FakeOutcome>;
}

/** An executor whose steps are functions of this process. For tests of what stands above executors. */
export function createFakeExecutor({ store, onStep }: FakeExecutorOptions): Executor {
  return {
    name: 'fake',
    run: async (request): Promise<ExecResult> => {
      const steps: ExecStepResult[] = [];
      for (const step of request.steps) {
        throwIfAborted(request.signal, 'running steps');
        request.onStep?.(step.node, 'started');
        const outcome = await onStep(step, request);
        const lastLines = tell(step, outcome, request);
        throwIfAborted(request.signal, 'running steps');
        request.onStep?.(step.node, 'ended');
        const { exitCode = 0, failure } = outcome;
        if (exitCode !== 0 || failure !== undefined) {
          return { steps, failed: { exitCode, oomKilled: false, lastLines, durationMs: 0, ...failure } };
        }
        const { diffId } = await store.layers.put(writeTar(inputsOf(outcome.files ?? {})));
        steps.push({ diffId, durationMs: 0 });
      }
      return { steps };
    },
  };
}

function tell(step: ExecStep, outcome: FakeOutcome, { emitter }: ExecRequest): readonly string[] {
  const lines = new LastLines();
  for (const stream of ['stdout', 'stderr'] as const) {
    const data = Buffer.from(outcome[stream] ?? '');
    if (data.length === 0) continue;
    emitter.emit({ event: 'node.log', node: step.node, stream, data });
    lines.push(stream, data);
  }
  return lines.get();
}

function* inputsOf(files: Readonly<Record<string, string | null>>): Generator<TarInput> {
  const plain = { kind: 'file', mode: 0o644, uid: 0, gid: 0, mtimeSec: 0, mtimeNsec: 0 } as const;
  for (const [name, content] of Object.entries(files).sort(([a], [b]) => (a < b ? -1 : 1))) {
    const data = Buffer.from(content ?? '');
    const path = byteStringFromText(content === null ? name.replace(/[^/]+$/, '.wh.$&') : name);
    yield { entry: { ...plain, path, size: data.length }, ...(data.length > 0 && { content: [data] }) };
  }
}
