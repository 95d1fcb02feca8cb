import type { MemoryLayerBuilder } from '../../src/formats/layer-index/memory-layer.ts';

/**
 * A second, plain implementation of what layers mean, to hold the real one against: nested maps, one layer applied
 * after the other as overlayfs shows an unpacked one.
 */

export type Op =
  | { readonly op: 'folder'; readonly path: string; readonly mode: number }
  | { readonly op: 'file'; readonly path: string; readonly content: string }
  | { readonly op: 'link'; readonly path: string; readonly target: string }
  | { readonly op: 'whiteout'; readonly path: string }
  | { readonly op: 'opaque'; readonly path: string };

interface File {
  readonly content: string;
}

interface Upper {
  type: 'none' | 'folder' | 'file' | 'external';
  mode?: number;
  file?: File;
  target?: string;
  whiteout: boolean;
  opaque: boolean;
  children: Map<string, Upper>;
}

export interface Merged {
  readonly mode: number | undefined;
  readonly file: File | undefined;
  readonly children: Map<string, Merged>;
}

function upperNode(): Upper {
  return { type: 'none', whiteout: false, opaque: false, children: new Map() };
}

const parts = (path: string) => (path === '' ? [] : path.split('/'));

function find(root: Upper, path: string): Upper | undefined {
  let at: Upper | undefined = root;
  for (const part of parts(path)) at = at?.children.get(part);
  return at;
}

function grow(root: Upper, path: string): Upper {
  let at = root;
  for (const part of parts(path)) {
    let next = at.children.get(part);
    if (next === undefined) {
      next = upperNode();
      at.children.set(part, next);
    }
    at = next;
  }
  return at;
}

const isLeaf = (node: Upper | undefined) => node?.type === 'file' || node?.type === 'external';

/** Applies the operations that are legal to a builder and to the model. */
export function applyOps(ops: readonly Op[], builder: MemoryLayerBuilder): Upper {
  const root = upperNode();
  const waiting: { node: Upper; target: string }[] = [];
  for (const op of ops) {
    const ancestors = parts(op.path).map((_, i, all) => all.slice(0, i).join('/'));
    if (ancestors.some((path) => isLeaf(find(root, path)))) continue;
    if (op.path === '' && op.op !== 'folder' && op.op !== 'opaque') continue;
    switch (op.op) {
      case 'folder': {
        const node = grow(root, op.path);
        if (isLeaf(node)) Object.assign(node, upperNode(), { whiteout: node.whiteout });
        Object.assign(node, { type: 'folder', mode: op.mode });
        builder.folder(op.path, { mode: op.mode });
        break;
      }
      case 'file': {
        const node = grow(root, op.path);
        const file = { content: op.content };
        Object.assign(node, upperNode(), { whiteout: node.whiteout, type: 'file', file });
        for (const link of waiting.filter(({ target }) => target === op.path)) {
          if (link.node.type !== 'external' || link.node.target !== op.path) continue;
          link.node.type = 'file';
          link.node.file = file;
        }
        builder.file(op.path, op.content);
        break;
      }
      case 'link': {
        if (op.path === op.target || op.target === '') continue;
        const above = parts(op.target).map((_, i, all) => all.slice(0, i).join('/'));
        if (above.some((path) => isLeaf(find(root, path)))) continue;
        const found = find(root, op.target);
        if (found !== undefined && !isLeaf(found) && (found.type === 'folder' || found.children.size > 0)) continue;
        if (op.target.startsWith(`${op.path}/`)) continue;
        const node = grow(root, op.path);
        const at = find(root, op.target);
        Object.assign(node, upperNode(), { whiteout: node.whiteout });
        if (at?.type === 'file') Object.assign(node, { type: 'file', file: at.file });
        else {
          const target = at?.type === 'external' ? (at.target ?? '') : op.target;
          Object.assign(node, { type: 'external', target });
          waiting.push({ node, target });
        }
        builder.hardLink(op.path, op.target);
        break;
      }
      case 'whiteout':
        grow(root, op.path).whiteout = true;
        builder.whiteout(op.path);
        break;
      case 'opaque': {
        const node = grow(root, op.path);
        if (isLeaf(node)) continue;
        node.opaque = true;
        builder.opaque(op.path);
        break;
      }
    }
  }
  return root;
}

export const emptyRoot: Merged = { mode: 0o755, file: undefined, children: new Map() };

export class BrokenLink extends Error {}

/** What is seen when `upper` lies over `lower`; undefined if nothing. */
export function overlay(lower: Merged | undefined, upper: Upper | undefined, below: Merged): Merged | undefined {
  if (upper === undefined) return lower;
  switch (upper.type) {
    case 'file':
      return { mode: undefined, file: upper.file, children: new Map() };
    case 'external': {
      let at: Merged | undefined = below;
      for (const part of parts(upper.target ?? '')) at = at?.children.get(part);
      if (at?.file === undefined) throw new BrokenLink(upper.target);
      return at;
    }
    case 'none':
    case 'folder': {
      const isThere = upper.type === 'folder' || upper.opaque || upper.children.size > 0;
      if (!isThere) return upper.whiteout ? undefined : lower;
      const lowerFolder = lower?.file === undefined ? lower : undefined;
      const base = upper.opaque || upper.whiteout ? undefined : lowerFolder;
      const inherited = upper.whiteout ? undefined : lowerFolder?.mode;
      const children = new Map<string, Merged>();
      for (const name of new Set([...(base?.children.keys() ?? []), ...upper.children.keys()])) {
        const child = overlay(base?.children.get(name), upper.children.get(name), below);
        if (child !== undefined) children.set(name, child);
      }
      return { mode: upper.mode ?? inherited ?? 0o755, file: undefined, children };
    }
  }
}

/** `path mode` or `path =content #name of its first path`, one line per path, in tree order. */
export function listing(root: Merged): string[] {
  const lines: string[] = [];
  const firstNames = new Map<File, string>();
  const visit = (path: string, node: Merged) => {
    if (node.file === undefined) lines.push(`${path} ${node.mode?.toString(8)}`);
    else {
      const first = firstNames.get(node.file) ?? path;
      firstNames.set(node.file, first);
      lines.push(`${path} =${node.file.content} #${first}`);
    }
    for (const [name, child] of [...node.children].sort(([a], [b]) => (a < b ? -1 : 1))) {
      visit(path === '' ? name : `${path}/${name}`, child);
    }
  };
  visit('', root);
  return lines;
}
