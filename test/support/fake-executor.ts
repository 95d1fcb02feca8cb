import { silentEmitter } from '../../src/base/events.ts';
import type { ExecRequest, ExecResult, ExecStep, ExecStepResult, Executor } from '../../src/executor/executor.ts';
import { MemoryLayerBuilder } from '../../src/formats/layer-index/memory-layer.ts';
import { layerTar, readFromBlob } from '../../src/formats/layer-index/write-layer-tar.ts';
import type { Store } from '../../src/store/store.ts';

/**
 * Takes the last argument of a step for one of: `write PATH TEXT`, `count PATH` (writes how many runs there were), `remove PATH`, `nothing`, `fail CODE`, `crash`,
 * `pause`. It runs nothing, but its layers are real.
 */
export class FakeExecutor implements Executor {
  readonly name = 'fake';
  readonly requests: ExecRequest[] = [];
  /** What `pause` waits for. */
  gate: Promise<unknown> = Promise.resolve();
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  /** The last arguments of the steps of each run. */
  get runs(): readonly (readonly string[])[] {
    return this.requests.map(({ steps }) => steps.map(commandOf));
  }

  async run(request: ExecRequest): Promise<ExecResult> {
    this.requests.push(request);
    const steps: ExecStepResult[] = [];
    for (const step of request.steps) {
      request.onStep?.(step.node, 'started');
      const [verb, path = '', text = ''] = commandOf(step).split(' ');
      if (verb === 'crash') throw new Error('the VM has died');
      if (verb === 'pause') await this.gate;
      if (verb === 'fail') {
        return { steps, failed: { exitCode: Number(path), oomKilled: false, lastLines: ['so sad'], durationMs: 1 } };
      }
      steps.push({ diffId: await this.#layer(step, verb ?? '', path, text, request), durationMs: 1 });
      request.onStep?.(step.node, 'ended');
    }
    return { steps };
  }

  async #layer({ node }: ExecStep, verb: string, path: string, text: string, request: ExecRequest) {
    (request.emitter ?? silentEmitter).emit({
      event: 'node.log',
      node,
      stream: 'stdout',
      data: Buffer.from(`${verb}\n`),
    });
    const layer = new MemoryLayerBuilder();
    if (verb === 'write') layer.file(path, text, { mtimeSec: 2_000_000_000 });
    if (verb === 'count')
      layer.file(path, `run ${this.requests.length}`, { mode: this.requests.length % 2 ? 0o600 : 0o644 });
    if (verb === 'remove') layer.whiteout(path);
    const { index, data } = layer.build();
    const tar = layerTar(index.entries(), readFromBlob(data), { clampTime: request.clampTime });
    return (await this.#store.layers.put(tar)).diffId;
  }
}

function commandOf({ args }: ExecStep): string {
  return args.at(-1) ?? '';
}
