import { createLogUpdate } from 'log-update';
import type { FirekilnEvent } from '../base/events.ts';
import { messageOf } from './json-lines.ts';
import { type FrameSize, renderFrame } from './live-frame.ts';
import { printable } from './printable.ts';
import { ProgressState } from './progress-state.ts';
import { warningLine } from './warning-line.ts';

export interface LiveViewOptions {
  readonly stream: NodeJS.WriteStream;
  readonly now?: () => number;
}

export interface LiveView {
  readonly sink: (event: FirekilnEvent) => void;
  /** Leaves the last picture, every node in it, on the screen. */
  close(): void;
}

const frameEveryMs = 100;

/** The picture of {@link renderFrame}, redrawn in place; messages scroll above it. */
export function createLiveView({ stream, now = Date.now }: LiveViewOptions): LiveView {
  const state = new ProgressState();
  const update = createLogUpdate(stream);
  const size = (): FrameSize => ({ columns: stream.columns || 80, rows: stream.rows || 24 });
  const draw = () => {
    if (state.nodes.length > 0) update(renderFrame(state, now(), size()).join('\n'));
  };
  const timer = setInterval(draw, frameEveryMs);
  timer.unref();
  const say = (line: string) => {
    update.clear();
    stream.write(`${line}\n`);
    draw();
  };
  let failed: string[] = [];
  let built: string | undefined;
  return {
    sink: (event) => {
      state.apply(event);
      if (event.event === 'message' && (event.level === 'warn' || event.level === 'error' || event.level === 'info')) {
        say(`${event.level === 'info' ? '' : `${event.level}: `}${printable(event.text)}`);
        if (event.hint !== undefined) say(`hint: ${printable(event.hint)}`);
      }
      if (event.event === 'build.warning') say(warningLine(event));
      if (event.event === 'build.finished') built = messageOf(event);
      if (event.event === 'node.explained') say(`${printable(event.name)}: ${printable(event.text)}`);
      if (event.event === 'node.failed') {
        const node = state.nodes.find((candidate) => candidate.id === event.node);
        failed =
          node === undefined ? [] : [`------`, ` > ${printable(node.name)}:`, ...node.lines.map(printable), '------'];
      }
    },
    close: () => {
      clearInterval(timer);
      if (state.nodes.length > 0) {
        // The whole list may be longer than the screen: it is printed once, not redrawn.
        update.clear();
        const all = { columns: size().columns, rows: Number.MAX_SAFE_INTEGER };
        stream.write(`${renderFrame(state, now(), all).join('\n')}\n`);
        if (failed.length > 0) stream.write(`${failed.join('\n')}\n`);
      }
      if (built !== undefined) stream.write(`${printable(built)}\n`);
      update.done();
    },
  };
}
