import type { FirekilnEvent, LogLevel } from '../base/events.ts';
import { formatAmount, formatDuration } from './format.ts';
import { levelOf, messageOf } from './json-lines.ts';
import { printable } from './printable.ts';
import { type NodeView, ProgressState } from './progress-state.ts';
import { warningLine } from './warning-line.ts';

export interface PlainViewOptions {
  readonly write: (text: string) => void;
  /** Messages below this level are left out. */
  readonly level: LogLevel;
}

const levels: readonly LogLevel[] = ['trace', 'debug', 'info', 'warn', 'error'];
/** A download of unknown length or pace is told about this often. */
const progressEveryMs = 5000;

/**
 * Lines in BuildKit's manner: `#3 [build 2/5] RUN make`, output as `#3 0.412 text`, then `#3 DONE 1.2s`. Lines of
 * different nodes mix; the number tells them apart.
 */
export function createPlainView(options: PlainViewOptions): (event: FirekilnEvent) => void {
  const state = new ProgressState();
  const write = (line: string) => options.write(`${line}\n`);
  const toldAt = new Map<string, number>();
  const isTold = (level: LogLevel) => levels.indexOf(level) >= levels.indexOf(options.level);

  const tellProgress = (node: NodeView, event: FirekilnEvent & { event: 'node.progress' }) => {
    const key = `${event.node}\u0000${event.item}`;
    const last = toldAt.get(key);
    if (event.done !== true && last !== undefined && event.time - last < progressEveryMs) return;
    toldAt.set(key, event.time);
    const amount = formatAmount(event.current, event.total, event.unit);
    write(`#${node.number} ${printable(event.item)} ${amount}${event.done === true ? ' done' : ''}`);
  };

  return (event) => {
    for (const { node, line, time } of state.apply(event)) {
      write(`#${node.number} ${((time - node.startedAt) / 1000).toFixed(3)} ${printable(line)}`);
    }
    const node = 'node' in event ? state.nodes.find((candidate) => candidate.id === event.node) : undefined;
    switch (event.event) {
      case 'node.started':
        write(`#${node?.number} ${printable(event.name)}`);
        return;
      case 'node.cached':
        write(`#${node?.number} ${printable(event.name)}`);
        write(`#${node?.number} CACHED`);
        return;
      case 'node.finished':
        if (node?.status !== 'cached') write(`#${node?.number} DONE ${formatDuration(event.durationMs)}`);
        return;
      case 'node.failed':
        write(`#${node?.number} ERROR: ${printable(event.text)}`);
        return;
      case 'node.progress':
        if (node !== undefined) tellProgress(node, event);
        return;
      case 'node.explained':
        write(`#${node?.number} ${printable(event.text)}`);
        return;
      case 'node.log':
      case 'build.failed':
        return;
      case 'build.warning':
        write(warningLine(event));
        return;
      case 'message':
        if (!isTold(event.level)) return;
        write(`${event.level === 'info' ? '' : `${event.level}: `}${printable(event.text)}`);
        if (event.command !== undefined) write(`  ${printable(event.command)}`);
        if (event.hint !== undefined) write(`hint: ${printable(event.hint)}`);
        return;
      default:
        if (isTold(levelOf(event)) && event.event !== 'build.started') write(printable(messageOf(event)));
    }
  };
}
