import { mergeLayers } from '../../formats/tree/merged-tree.ts';
import type { CopySource, FileNode } from '../../graph/node.ts';
import type { FileSource } from '../../source/file-source.ts';
import type { Chain, OpsEnvironment } from '../environment.ts';
import type { Timestamp } from './folders.ts';
import { inlineSource } from './inline-source.ts';
import { treeSource } from './tree-source.ts';

/** The sources of one file node, opened when they are first asked for. */
export class FileSources implements Disposable {
  readonly #environment: OpsEnvironment;
  readonly #chainOf: (node: string) => { readonly chain: Chain; readonly name: string };
  readonly #time: Timestamp;
  readonly #opened = new Map<string, FileSource>();
  readonly #stack = new DisposableStack();

  /** `chainOf` gives the solved chain of a node, and its name for messages. */
  constructor(
    environment: OpsEnvironment,
    chainOf: (node: string) => { readonly chain: Chain; readonly name: string },
    time: Timestamp,
  ) {
    this.#environment = environment;
    this.#chainOf = chainOf;
    this.#time = time;
  }

  async open(from: CopySource): Promise<FileSource> {
    switch (from.type) {
      case 'inline':
        return inlineSource(from.name, from.data, this.#time);
      case 'context':
        return await this.#environment.context(from.name);
      case 'node': {
        const known = this.#opened.get(from.node);
        if (known !== undefined) return known;
        const { chain, name } = this.#chainOf(from.node);
        const { layers } = this.#stack.use(await this.#environment.openChain(chain.layers));
        const source = treeSource(mergeLayers(layers), name);
        this.#opened.set(from.node, source);
        return source;
      }
    }
  }

  [Symbol.dispose](): void {
    this.#stack.dispose();
  }
}

/** The nodes that a file node copies from, in the order of its inputs behind the base. */
export function copiedNodes(node: FileNode): readonly string[] {
  return node.actions.flatMap((action) =>
    action.action === 'copy' && action.from.type === 'node' ? [action.from.node] : [],
  );
}
