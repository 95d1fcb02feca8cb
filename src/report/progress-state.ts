import type { FirekilnEvent } from '../base/events.ts';
import { LineSplitter } from './line-splitter.ts';

/** What a live view knows of one node. */
export interface NodeView {
  /** From 1, in order of first appearance; what `#3` in plain lines means. */
  readonly number: number;
  readonly id: string;
  name: string;
  status: 'running' | 'done' | 'cached' | 'failed';
  startedAt: number;
  durationMs: number;
  /** The last lines of output. */
  readonly lines: string[];
  readonly items: Map<string, ItemView>;
}

export interface ItemView {
  readonly name: string;
  current: number;
  total: number | undefined;
  unit: 'bytes' | 'entries';
  done: boolean;
}

/** A completed line of a node's output. */
export interface LogLine {
  readonly node: NodeView;
  readonly line: string;
  readonly time: number;
}

const keptLines = 40;

/** Follows the stream of events; the views ask it what there is to show. */
export class ProgressState {
  readonly nodes: NodeView[] = [];
  /** Time of the first event. */
  startedAt: number | undefined;
  #byId = new Map<string, NodeView>();
  #splitters = new Map<string, LineSplitter>();

  /** Takes one event; gives back the lines of output that it completed. */
  apply(event: FirekilnEvent): LogLine[] {
    this.startedAt ??= event.time;
    switch (event.event) {
      case 'node.started':
      case 'node.cached': {
        const node = this.#node(event.node, event.time);
        node.name = event.name;
        node.status = event.event === 'node.cached' ? 'cached' : 'running';
        return [];
      }
      case 'node.finished':
      case 'node.failed': {
        const node = this.#node(event.node, event.time);
        node.status = event.event === 'node.failed' ? 'failed' : node.status === 'cached' ? 'cached' : 'done';
        node.durationMs = event.durationMs;
        return this.#flush(node, event.time);
      }
      case 'node.progress': {
        const { item, current, total, unit, done } = event;
        this.#node(event.node, event.time).items.set(item, { name: item, current, total, unit, done: done ?? false });
        return [];
      }
      case 'node.log': {
        const node = this.#node(event.node, event.time);
        const key = `${event.stream}:${event.node}`;
        let splitter = this.#splitters.get(key);
        if (splitter === undefined) {
          splitter = new LineSplitter();
          this.#splitters.set(key, splitter);
        }
        return this.#keep(node, splitter.push(event.data), event.time);
      }
      default:
        return [];
    }
  }

  get finishedCount(): number {
    return this.nodes.filter((node) => node.status !== 'running').length;
  }

  #node(id: string, time: number): NodeView {
    let node = this.#byId.get(id);
    if (node === undefined) {
      node = {
        number: this.nodes.length + 1,
        id,
        name: id,
        status: 'running',
        startedAt: time,
        durationMs: 0,
        lines: [],
        items: new Map(),
      };
      this.#byId.set(id, node);
      this.nodes.push(node);
    }
    return node;
  }

  #flush(node: NodeView, time: number): LogLine[] {
    const lines: LogLine[] = [];
    for (const stream of ['stdout', 'stderr']) {
      const key = `${stream}:${node.id}`;
      const splitter = this.#splitters.get(key);
      if (splitter !== undefined) lines.push(...this.#keep(node, splitter.flush(), time));
      this.#splitters.delete(key);
    }
    return lines;
  }

  #keep(node: NodeView, lines: string[], time: number): LogLine[] {
    node.lines.push(...lines);
    if (node.lines.length > keptLines) node.lines.splice(0, node.lines.length - keptLines);
    return lines.map((line) => ({ node, line, time }));
  }
}
