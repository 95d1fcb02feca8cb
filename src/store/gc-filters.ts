import { FirekilnError } from '../base/errors/firekiln-error.ts';
import { didYouMean } from '../base/nearest.ts';
import type { GcPolicy, LabelFilter } from './gc-policy.ts';

type Filtered = Pick<GcPolicy, 'types' | 'unusedForMs' | 'labels' | 'dangling'>;

const keys = ['dangling', 'label', 'label!', 'type', 'until'] as const;

const unitMs: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/**
 * The filters of `purge`, in docker's notation:
 *
 *     until=24h  until=1h30m  until=2026-01-31T00:00:00Z    not used for so long, or since then
 *     type=image  type=cache  type=cachemount  type=segment    any of them, given several times
 *     label=NAME  label=NAME=VALUE  label!=..                  all of them; images only
 *     dangling=true                                            images without a name
 *
 * @param now Milliseconds since the epoch, for `until` with a point in time.
 */
export function parseGcFilters(filters: readonly string[], now: number): Filtered {
  const types: string[] = [];
  const labels: LabelFilter[] = [];
  let unusedForMs: number | undefined;
  let dangling: boolean | undefined;
  for (const filter of filters) {
    const { key, value } = splitFilter(filter);
    switch (key) {
      case 'until':
        unusedForMs = parseUntil(value, now);
        if (unusedForMs === undefined) throw wrong(filter, 'A time is a duration such as 24h or 1h30m, or a date.');
        break;
      case 'type':
        types.push(value);
        break;
      case 'label':
      case 'label!':
        labels.push(parseLabel(value, key === 'label!'));
        break;
      case 'dangling':
        if (value !== 'true' && value !== 'false') throw wrong(filter, 'It is dangling=true or dangling=false.');
        dangling = value === 'true';
        break;
    }
  }
  return {
    ...(types.length > 0 ? { types } : {}),
    ...(labels.length > 0 ? { labels } : {}),
    ...(unusedForMs === undefined ? {} : { unusedForMs }),
    ...(dangling === true ? { dangling } : {}),
  };
}

function splitFilter(filter: string): { readonly key: (typeof keys)[number]; readonly value: string } {
  const [, name = '', value] = /^([^=]*)=(.+)$/s.exec(filter) ?? [];
  const key = keys.find((one) => one === name);
  if (key === undefined || value === undefined) {
    throw wrong(filter, didYouMean(name, keys) ?? `The filters are ${keys.map((one) => `${one}=..`).join(', ')}.`);
  }
  return { key, value };
}

function parseLabel(text: string, negated: boolean): LabelFilter {
  const [name = '', ...rest] = text.split('=');
  return { name, negated, ...(rest.length > 0 ? { value: rest.join('=') } : {}) };
}

function parseUntil(text: string, now: number): number | undefined {
  if (/^(?:\d+(?:\.\d+)?(?:ms|[smhd]))+$/.test(text)) {
    let total = 0;
    for (const [, count, unit] of text.matchAll(/(\d+(?:\.\d+)?)(ms|[smhd])/g)) {
      total += Number(count) * (unitMs[unit ?? ''] ?? 0);
    }
    return total;
  }
  if (!/^\d{4}-\d{2}-\d{2}(?:T|$)/.test(text)) return undefined;
  const then = Date.parse(text);
  return Number.isNaN(then) ? undefined : Math.max(0, now - then);
}

function wrong(filter: string, hint: string): FirekilnError {
  return new FirekilnError('USAGE', `--filter ${filter}: no such filter`, { hint });
}
