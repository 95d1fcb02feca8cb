import { goTime } from '../formats/oci/go-json.ts';
import type { HistoryEntry } from '../formats/oci/image.ts';

/**
 * The history of an image whose layers are now known: an entry for every layer, a time for every entry. As BuildKit's
 * exporter does it: an entry with a layer has the time of its layer, others that of the last entry before them; those
 * before the first time have that.
 *
 * @param layerTimes Milliseconds since the epoch for each layer, 0 where nobody knows.
 * @param layerNames What made each layer, for those that the history does not tell of.
 */
export function historyWithTimes(
  history: readonly HistoryEntry[],
  layerTimes: readonly number[],
  layerNames: readonly string[] = [],
): readonly HistoryEntry[] {
  const entries = matchLayers(history, layerTimes.length, layerNames);
  let layer = 0;
  const timed = entries.map((entry) => {
    const time = entry.empty_layer === true ? 0 : (layerTimes[layer++] ?? 0);
    return entry.created === undefined && time > 0 ? { ...entry, created: new Date(time).toISOString() } : entry;
  });
  let last = firstNewTime(timed);
  let isOpen = false;
  return timed.map((entry) => {
    if (entry.created === undefined) isOpen = true;
    else if (isOpen) last = entry.created;
    return { ...entry, ...(last === undefined ? {} : { created: goTime(entry.created ?? last) }) };
  });
}

/** Of the first layer that is new, so that what follows the base does not look as old as the base. */
function firstNewTime(history: readonly HistoryEntry[]): string | undefined {
  let found: string | undefined;
  let sawOpen = false;
  for (const { created } of history) {
    if (created === undefined) sawOpen = true;
    else {
      found = created;
      if (sawOpen) break;
    }
  }
  return found;
}

function matchLayers(
  history: readonly HistoryEntry[],
  layerCount: number,
  layerNames: readonly string[],
): readonly HistoryEntry[] {
  let layers = 0;
  const matched = history.map((entry) => {
    if (entry.empty_layer === true) return entry;
    return layers++ < layerCount ? entry : { ...entry, empty_layer: true };
  });
  const missing: HistoryEntry[] = [];
  for (; layers < layerCount; layers++) {
    const name = layerNames[layers] ?? '';
    missing.push({ ...(name === '' ? {} : { created_by: name }), comment: exporterComment });
  }
  return [...matched, ...missing];
}

/** As BuildKit's exporter marks what it adds. */
const exporterComment = 'buildkit.exporter.image.v0';
