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
  /** What files had as their content before later layers: `replacedKey` of each. Only looked up where here-documents may replace each other. */
  readonly replaced: ReadonlySet<string>;
}

export interface Refused {
  readonly failed: true;
  /** Lines of the Dockerfile that are blamed; empty if none is. */
  readonly lines: readonly number[];
  readonly message: string;
  /** Of our errors. */
  readonly code?: string;
}

export const replacedKey = (path: string, sha256: string): string => `${sha256} ${path}`;

export function pathOf({ path }: TreeFacts): string {
  return `/${Buffer.from(path, 'latin1').toString()}`;
}

export function builtFrom(tree: Tree, config: ImageConfigFile): Built {
  const facts = factsOfTree(tree).map((it) => [pathOf(it), it] as const);
  return { failed: false, entries: new Map(facts), config, replaced: new Set() };
}
