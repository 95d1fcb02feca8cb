import { FirekilnError } from '../../base/errors/firekiln-error.ts';
import type { Vm } from '../record/vm-registry.ts';

const statuses = ['created', 'starting', 'running', 'stopping', 'exited'];

/**
 * Reads the filters of `ps`. Filters of one kind are alternatives, those of different kinds must all fit. `wantsEnded`
 * is true if one asks for VMs that have ended. Throws USAGE.
 */
export function vmFilter(filters: readonly string[]): {
  readonly matches: (vm: Vm) => boolean;
  readonly wantsEnded: boolean;
} {
  const kinds = new Map<string, ((vm: Vm) => boolean)[]>();
  let wantsEnded = false;
  for (const text of filters) {
    const equals = text.indexOf('=');
    const kind = equals === -1 ? text : text.slice(0, equals);
    const value = equals === -1 ? '' : text.slice(equals + 1);
    if (kind === 'status' && value === 'exited') wantsEnded = true;
    const tests = kinds.get(kind) ?? [];
    tests.push(testOf(kind, value, text));
    kinds.set(kind, tests);
  }
  return { wantsEnded, matches: (vm) => [...kinds.values()].every((tests) => tests.some((test) => test(vm))) };
}

function testOf(kind: string, value: string, text: string): (vm: Vm) => boolean {
  switch (kind) {
    case 'status':
      if (!statuses.includes(value)) {
        throw new FirekilnError('USAGE', `--filter ${text}: the status is one of ${statuses.join(', ')}`);
      }
      return ({ state }) => state.status === value;
    case 'name':
      return ({ record }) => record.name.includes(value);
    case 'id':
      return ({ record }) => record.id.startsWith(value);
    case 'ancestor':
      return ({ record: { image } }) =>
        image.name === value ||
        image.id.startsWith(value.startsWith('sha256:') ? value : `sha256:${value}`) ||
        image.name.replace(/^docker\.io\/(?:library\/)?/, '').replace(/:latest$/, '') === value.replace(/:latest$/, '');
    case 'label': {
      const equals = value.indexOf('=');
      const name = equals === -1 ? value : value.slice(0, equals);
      return ({ record: { labels } }) =>
        Object.hasOwn(labels, name) && (equals === -1 || labels[name] === value.slice(equals + 1));
    }
    default:
      throw new FirekilnError('USAGE', `--filter ${JSON.stringify(text)}: unknown kind`, {
        hint: 'There are status=, name=, id=, label= and ancestor=.',
      });
  }
}
