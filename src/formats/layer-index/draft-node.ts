import type { ByteString } from '../../base/byte-string.ts';

/** What a path of a layer under construction is so far. */
export const nodeKind = {
  /** Only implied by what lies below it, or marked. */
  none: 0,
  directory: 1,
  symlink: 2,
  other: 3,
  externalLink: 4,
} as const;

export type NodeKind = (typeof nodeKind)[keyof typeof nodeKind];

/** A path of a layer under construction. Kept small: a layer may have a million. */
export interface DraftNode {
  kind: NodeKind;
  /** A `.wh.NAME` stands for it. */
  whiteout: boolean;
  /** A `.wh..wh..opq` lies in it. */
  opaque: boolean;
  /** Id in the arena; -1 without an inode. */
  inode: number;
  /** Of an external link: the cleaned path it names. */
  target: ByteString | undefined;
  children: Map<ByteString, DraftNode> | undefined;
}

export function newNode(): DraftNode {
  return { kind: nodeKind.none, whiteout: false, opaque: false, inode: -1, target: undefined, children: undefined };
}

/** True if the path is, or will have to be, a folder. */
export function isFolder(node: DraftNode): boolean {
  return node.kind === nodeKind.directory || node.kind === nodeKind.none;
}

/** A path and its node, in tree order; without an entry of its own if it is only implied. */
export interface WalkedNode {
  readonly path: ByteString;
  readonly node: DraftNode;
}

/** Every node below and including `root`, in tree order. Deep trees cost no call stack. */
export function* walkNodes(root: DraftNode): IterableIterator<WalkedNode> {
  const open: { path: ByteString; names: ByteString[]; next: number; children: Map<ByteString, DraftNode> }[] = [];
  let path = '' as ByteString;
  let node: DraftNode | undefined = root;
  for (;;) {
    if (node !== undefined) {
      yield { path, node };
      if (node.children !== undefined) {
        const { children }: DraftNode = node;
        if (children !== undefined) open.push({ path, names: [...children.keys()].sort(), next: 0, children });
      }
    }
    const top = open.at(-1);
    if (top === undefined) return;
    const name = top.names[top.next++];
    if (name === undefined) {
      open.pop();
      node = undefined;
      continue;
    }
    path = (top.path === '' ? name : `${top.path}/${name}`) as ByteString;
    node = top.children.get(name);
  }
}
