import { formatAmount, formatDuration } from './format.ts';
import { displayWidth, fitWidth, printable } from './printable.ts';
import type { NodeView, ProgressState } from './progress-state.ts';

export interface FrameSize {
  readonly columns: number;
  /** Rows of the terminal; a frame takes one less, so that drawing it never scrolls. */
  readonly rows: number;
}

/** Lines of output shown under a running node, at most. */
const logRows = 6;

interface Row {
  readonly text: string;
  readonly right: string;
  /** Kept longest when rows are scarce: 0 header, 1 running or failed, 2 its items and output, 3 finished. */
  readonly rank: number;
}

/**
 * One picture of a running build in the manner of BuildKit's, as lines no wider and no more than the terminal has.
 * Finished nodes give way first, then output, so that what runs is always seen.
 */
export function renderFrame(state: ProgressState, now: number, size: FrameSize, title = 'Building'): string[] {
  const elapsed = formatDuration(now - (state.startedAt ?? now));
  const count = `${state.finishedCount}/${state.nodes.length}`;
  const rows: Row[] = [{ text: `[+] ${title} ${elapsed} (${count})`, right: '', rank: 0 }];
  const running = state.nodes.filter((node) => node.status === 'running').length;
  const logBudget = Math.max(1, Math.min(logRows, Math.floor((size.rows - 2 - running) / Math.max(1, running))));
  for (const node of state.nodes) rows.push(...nodeRows(node, now, logBudget));
  return fitRows(rows, Math.max(1, size.rows - 1)).map((row) => layOut(row, size.columns));
}

function nodeRows(node: NodeView, now: number, logBudget: number): Row[] {
  const active = node.status === 'running';
  const duration = active ? now - node.startedAt : node.durationMs;
  const label = node.status === 'cached' ? 'CACHED ' : node.status === 'failed' ? 'ERROR ' : '';
  const head: Row = {
    text: ` => ${label}${printable(node.name)}`,
    right: formatDuration(duration),
    rank: active || node.status === 'failed' ? 1 : 3,
  };
  if (!active && node.status !== 'failed') return [head];
  const items = [...node.items.values()].map(
    (item): Row => ({
      text: ` => => ${printable(item.name)} ${formatAmount(item.current, item.total, item.unit)}`,
      right: item.done ? 'done' : '',
      rank: 2,
    }),
  );
  const lines = node.lines
    .slice(-logBudget)
    .map((line): Row => ({ text: ` => => # ${printable(line)}`, right: '', rank: 2 }));
  return [head, ...items, ...lines];
}

/** Leaves out rows, the least important and oldest first, until the rest fits. */
function fitRows(rows: readonly Row[], most: number): readonly Row[] {
  let excess = rows.length - most;
  const dropped = new Set<Row>();
  for (let rank = 3; rank >= 1 && excess > 0; rank--) {
    for (const row of rows) {
      if (excess === 0) break;
      if (row.rank !== rank) continue;
      dropped.add(row);
      excess--;
    }
  }
  return rows.filter((row) => !dropped.has(row));
}

function layOut(row: Row, columns: number): string {
  if (row.right === '') return fitWidth(row.text, columns);
  const left = fitWidth(row.text, columns - row.right.length - 1);
  return `${left}${' '.repeat(Math.max(1, columns - displayWidth(left) - row.right.length))}${row.right}`;
}
