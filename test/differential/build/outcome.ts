import type { ImageConfigFile } from '../../../src/formats/oci/image.ts';
import type { Tree } from '../../../src/formats/tree/tree.ts';
import { factsOfTree, type TreeFacts } from '../../support/facts-of-tree.ts';

/** What a builder makes of a case. */
export type Outcome = Built | Refused;

export interface Built {
  readonly failed: false;
  /** By path, which starts with a slash. */
  readonly entries: ReadonlyMap<string, TreeFacts>;
  readonly config: ImageConfigFile;
}

export interface Refused {
  readonly failed: true;
  /** Lines of the Dockerfile that are blamed; empty if none is. */
  readonly lines: readonly number[];
  readonly message: string;
  /** Of our errors. */
  readonly code?: string;
}

export function builtFrom(tree: Tree, config: ImageConfigFile): Built {
  const facts = factsOfTree(tree).map((it) => [`/${Buffer.from(it.path, 'latin1').toString()}`, it] as const);
  return { failed: false, entries: new Map(facts), config };
}
