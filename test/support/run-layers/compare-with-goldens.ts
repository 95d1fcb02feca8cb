import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { byteStringFromText, emptyByteString } from '../../../src/base/byte-string.ts';
import { openExt4 } from '../../../src/formats/ext4/reader/open.ts';
import type { RandomAccess } from '../../../src/formats/io/random-access.ts';
import { upperLayer } from '../../../src/formats/overlay/upper-layer.ts';
import { mergeLayers } from '../../../src/formats/tree/merged-tree.ts';
import type { Tree } from '../../../src/formats/tree/tree.ts';
import { fixtureImage } from '../image-file.ts';
import { layerOfEntries } from '../layer-of-entries.ts';
import type { RunCase } from './cases.ts';
import { type LayerFact, layerFacts } from './layer-facts.ts';

const goldens = JSON.parse(
  readFileSync(join(import.meta.dirname, '../../fixtures/run-layers/buildkit.json'), 'utf8'),
) as Readonly<Record<string, readonly LayerFact[]>>;

/** The tree that the cases start from, without the programs that they call. */
export function oldTree(): Tree {
  const image = fixtureImage('run-layers/old.ext4.zst');
  const fileSystem = openExt4(image);
  const options = { fileSystem, upper: emptyByteString, parent: mergeLayers([]) };
  const entries = [...upperLayer(options)].filter(({ path }) => path !== 'lost+found');
  return mergeLayers([layerOfEntries(entries, image)]);
}

/** What a case left in the scratch image, as facts of the layer. */
export function caseFacts(scratch: RandomAccess, name: string, parent: Tree): readonly LayerFact[] {
  const fileSystem = openExt4(scratch);
  const upper = byteStringFromText(`${name}/upper`);
  return layerFacts(upperLayer({ fileSystem, upper, parent }), fileSystem.image);
}

/** Fails unless the layer has the entries of BuildKit's, the case's known differences left out. */
export function expectAsBuildKit({ name, differs }: RunCase, facts: readonly LayerFact[]): void {
  const leftOut = new Set(differs?.paths);
  const compared = (all: readonly LayerFact[]) => all.filter(({ path }) => !leftOut.has(path));
  const golden = goldens[name];
  if (golden === undefined) throw new Error(`no golden for ${name}: run make-goldens.ts`);
  expect(compared(facts)).toEqual(compared(golden));
  // A difference that is none any more must not stay on the list.
  if (differs !== undefined) expect(facts).not.toEqual(golden);
}
