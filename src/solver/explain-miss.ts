import type { CacheExplanation } from './op.ts';

/** What is told of one step. */
const maxChanges = 5;

/** Why something was not found in the cache, by what was saved last for a vertex of the same name. */
export function explainMiss(
  now: CacheExplanation,
  before: CacheExplanation | undefined,
  inputNames: readonly string[],
): string {
  if (before === undefined) return 'not cached: no step of this name has been built before';
  const changes: string[] = [];
  const changed = [...new Set([...Object.keys(now.parts), ...Object.keys(before.parts)])].filter(
    (part) => now.parts[part] !== before.parts[part],
  );
  for (const part of changed) {
    // Its details tell more.
    if (changed.some((other) => other.startsWith(`${part}: `))) continue;
    const value = now.parts[part];
    if (value === undefined) changes.push(`${part} is gone`);
    else if (before.parts[part] === undefined) changes.push(`${part} is new`);
    else changes.push(`${part} has changed`);
  }
  if (now.inputKeys.length !== before.inputKeys.length) changes.push('it has other inputs');
  else {
    for (const [i, key] of now.inputKeys.entries()) {
      if (key !== before.inputKeys[i]) changes.push(`what ${inputNames[i]} gives has changed`);
    }
  }
  if (changes.length === 0) return 'not cached: its result has been removed from the store';
  const told = changes.slice(0, maxChanges);
  const more = changes.length > told.length ? `, and ${changes.length - told.length} more` : '';
  return `not cached: ${told.join(', ')}${more}`;
}
