import type { Emitter } from '../base/events.ts';
import type { GraphVertex } from './vertex-graph.ts';

/** Tells what happens to the vertices of one build, each thing once. */
export class VertexEvents<Result> {
  readonly #emitter: Emitter;
  readonly #explains: boolean;
  readonly #startedAt = new Map<GraphVertex<Result>, number>();
  readonly #told = new Set<GraphVertex<Result>>();

  constructor(emitter: Emitter, explains: boolean) {
    this.#emitter = emitter;
    this.#explains = explains;
  }

  started(node: GraphVertex<Result>): void {
    if (isSilent(node) || this.#startedAt.has(node)) return;
    this.#told.add(node);
    this.#startedAt.set(node, performance.now());
    const { id, name } = node.vertex;
    this.#emitter.emit({ event: 'node.started', node: id, name });
  }

  finished(node: GraphVertex<Result>): void {
    const durationMs = this.#end(node);
    if (durationMs !== undefined) {
      this.#emitter.emit({ event: 'node.finished', node: node.vertex.id, durationMs });
    }
  }

  /** Also of one that never started, such as one that can't say what it is. */
  failed(node: GraphVertex<Result>, text: string): void {
    this.started(node);
    const durationMs = this.#end(node);
    if (durationMs !== undefined) {
      this.#emitter.emit({ event: 'node.failed', node: node.vertex.id, durationMs, text });
    }
  }

  /** Given up since something else failed; nothing to tell of one that never started. */
  canceled(node: GraphVertex<Result>): void {
    if (this.#startedAt.has(node)) this.failed(node, 'canceled');
  }

  /**
   * Found in the cache. What only it depends on is not looked at, and shown as cached too; `isBusy` tells what is being
   * solved for others and will be told of by itself.
   */
  cached(node: GraphVertex<Result>, why: string, isBusy: (node: GraphVertex<Result>) => boolean): void {
    const open: { node: GraphVertex<Result>; isExpanded: boolean }[] = [{ node, isExpanded: false }];
    for (let at = open.pop(); at !== undefined; at = open.pop()) {
      if (this.#told.has(at.node)) continue;
      if (at.isExpanded) {
        this.#cachedOne(at.node, at.node === node ? why : 'not looked at: what needs it was found in the cache');
        continue;
      }
      open.push({ node: at.node, isExpanded: true });
      for (const input of at.node.inputs.toReversed()) {
        if (!this.#told.has(input) && !isBusy(input)) open.push({ node: input, isExpanded: false });
      }
    }
  }

  explained(node: GraphVertex<Result>, text: string): void {
    if (!this.#explains || isSilent(node)) return;
    const { id, name } = node.vertex;
    this.#emitter.emit({ event: 'node.explained', node: id, name, text });
  }

  #cachedOne(node: GraphVertex<Result>, why: string): void {
    this.#told.add(node);
    if (isSilent(node)) return;
    const { id, name } = node.vertex;
    this.#emitter.emit({ event: 'node.cached', node: id, name });
    this.explained(node, why);
  }

  #end(node: GraphVertex<Result>): number | undefined {
    const startedAt = this.#startedAt.get(node);
    if (startedAt === undefined || Number.isNaN(startedAt)) return undefined;
    this.#startedAt.set(node, Number.NaN);
    return Math.round(performance.now() - startedAt);
  }
}

function isSilent(node: GraphVertex<unknown>): boolean {
  return node.vertex.op.isTrivial === true;
}
