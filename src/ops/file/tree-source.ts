import { Digester } from '../../base/digest.ts';
import type { InodeMeta } from '../../formats/tree/entry.ts';
import { fileChunks } from '../../formats/tree/file-data.ts';
import type { Tree } from '../../formats/tree/tree.ts';
import type { FileSource } from '../../source/file-source.ts';
import { nameOf } from './paths.ts';

/** The file system of a chain to copy from. */
export function treeSource(tree: Tree, description: string): FileSource {
  return {
    description,
    lookup: (path) => {
      const inode = tree.lookup(path)?.inode;
      if (inode === undefined) return undefined;
      const { key, layer: _layer, data: _data, ...rest } = inode;
      const meta: InodeMeta = rest;
      return {
        ...meta,
        identity: key,
        // A tree does not count names; whoever copies finds out.
        links: meta.kind === 'directory' ? 1 : 2,
        read: () => fileChunks(tree, inode),
        digest: async () => {
          const digester = new Digester();
          for (const chunk of fileChunks(tree, inode)) digester.update(chunk);
          return digester.digest();
        },
      };
    },
    names: (folder) => {
      if (tree.lookup(folder)?.inode.kind !== 'directory') return [];
      return Array.from(tree.children(folder), ({ path }) => nameOf(path));
    },
  };
}
