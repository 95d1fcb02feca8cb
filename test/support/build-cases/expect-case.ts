import { expect } from 'vitest';
import { isFirekilnError } from '../../../src/base/errors/firekiln-error.ts';
import { type BuildCase, ownBaseOf } from '../build-corpus.ts';
import type { CaseBuilder } from './case-builder.ts';
import { differencesFrom } from './compare-tree.ts';

/** Builds a case and compares everything that is known of what BuildKit makes of it. */
export async function expectCase(builder: CaseBuilder, it: BuildCase): Promise<void> {
  const { expected } = it;
  if (expected.fails) {
    const error = await failureOf(builder, it);
    if (!isFirekilnError(error)) throw error as Error;
    if (expected.line !== null) expect(error.source?.ranges[0]?.startLine, error.message).toBe(expected.line);
    return;
  }
  const image = await builder.build(it);
  using opened = await builder.open(image, it.set === 'own' ? ownBaseOf(it) : undefined);
  const found = differencesFrom(expected.base ? opened.base : undefined, opened.tree, expected);
  const history = (image.config.history ?? []).map(({ created: _created, ...entry }) => entry);
  expect({ ...found, config: image.config.config, history }).toEqual({
    entries: expected.entries,
    removed: expected.removed,
    config: expected.config,
    history: expected.history,
  });
}

/** What a build throws; an error that says so if it throws nothing. */
export async function failureOf(builder: CaseBuilder, it: BuildCase): Promise<unknown> {
  return await builder.build(it).then(
    () => new Error('it was built'),
    (reason: unknown) => reason,
  );
}
