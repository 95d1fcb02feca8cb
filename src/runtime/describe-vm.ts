import { quoteCommand } from '../base/quote-command.ts';
import { timeSpan } from '../base/time-span.ts';
import { formatPort } from './options/port-spec.ts';
import type { Vm } from './record/vm-registry.ts';

/** What `ps` tells of a VM. */
export interface VmDescription {
  readonly id: string;
  readonly name: string;
  readonly image: string;
  readonly command: string;
  /** RFC 3339. */
  readonly createdAt: string;
  readonly state: string;
  /** For people. */
  readonly status: string;
  readonly exitCode?: number;
  readonly ports: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
}

export function describeVm({ record, state }: Vm, now = Date.now()): VmDescription {
  const ports = state.status === 'exited' ? [] : (state.ports ?? []);
  const [program = '', ...args] = record.command;
  return {
    id: record.id,
    name: record.name,
    image: record.image.name.replace(/^docker\.io\/(?:library\/)?/, ''),
    command: quoteCommand(program, args),
    createdAt: new Date(record.createdAt).toISOString(),
    state: state.status,
    status: statusText(state, now),
    ...(state.exitCode === undefined ? {} : { exitCode: state.exitCode }),
    ports: ports.map(formatPort),
    labels: record.labels,
  };
}

/** Lines of a table with a heading. */
export function vmTable(vms: readonly Vm[], now = Date.now()): readonly string[] {
  const rows = vms.map((vm) => {
    const { id, name, image, command, status, ports } = describeVm(vm, now);
    const oneLine = command.replace(/\s+/g, ' ').replace(/\p{Cc}/gu, '?');
    const shown = oneLine.length > 24 ? `${oneLine.slice(0, 23)}…` : oneLine;
    return [name, id, image, shown, `${timeSpan(now - vm.record.createdAt)} ago`, status, ports.join(', ')];
  });
  const table = [['NAME', 'ID', 'IMAGE', 'COMMAND', 'CREATED', 'STATUS', 'PORTS'], ...rows];
  const widths = table[0]?.map((_, column) => Math.max(...table.map((row) => row[column]?.length ?? 0))) ?? [];
  return table.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('   ')
      .trimEnd(),
  );
}

function statusText(state: Vm['state'], now: number): string {
  switch (state.status) {
    case 'created':
      return 'Created';
    case 'starting':
      return 'Starting';
    case 'stopping':
      return 'Stopping';
    case 'running': {
      const health = state.health === undefined ? '' : ` (${state.health.status})`;
      return `Up ${timeSpan(now - (state.startedAt ?? now))}${health}`;
    }
    case 'exited': {
      const why = state.oomKilled === true ? ', out of memory' : state.reason === undefined ? '' : `, ${state.reason}`;
      return `Exited (${state.exitCode ?? 125}${why}) ${timeSpan(now - (state.finishedAt ?? now))} ago`;
    }
  }
}
