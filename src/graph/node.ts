import type { Digest } from '../base/digest.ts';
import type { Platform } from '../formats/oci/image.ts';

/**
 * The build graph: the plan that the Dockerfile frontend hands to the builder, as frozen plain data. A node's id is
 * the digest of what it says, so equal work is one node however often a Dockerfile asks for it. What is only for
 * people (names, places in the Dockerfile) lies beside the nodes, in {@link BuildGraph.info}.
 */
export interface BuildGraph {
  readonly nodes: ReadonlyMap<NodeId, GraphNode>;
  readonly info: ReadonlyMap<NodeId, NodeInfo>;
  readonly target: NodeId;
}

export type NodeId = Digest;

export interface NodeInfo {
  /** In the manner of BuildKit: `[build 2/5] RUN make`. */
  readonly name: string;
  /** Lines of the Dockerfile, from 1; absent for nodes that no instruction stands for. */
  readonly startLine?: number;
  readonly endLine?: number;
  /** The instruction, where a base left it with ONBUILD; the lines are then those of the FROM. */
  readonly trigger?: string;
  /** `--no-cache` applies. */
  readonly ignoreCache?: boolean;
  /** Of COPY and ADD: the sources as they were written, in the order of the actions, where a path is not plain. */
  readonly sources?: readonly string[];
}

/** Every node yields a chain of layers: a complete file system. */
export type GraphNode = ScratchNode | ImageNode | HttpNode | GitNode | FileNode | ExecNode | MergeNode;

/** The empty file system. */
export interface ScratchNode {
  readonly kind: 'scratch';
}

/** The layers of an image. */
export interface ImageNode {
  readonly kind: 'image';
  /** As the resolver knows it, such as `docker.io/library/alpine:3.20`. */
  readonly reference: string;
  readonly manifestDigest: Digest;
  readonly platform: Platform;
}

/** One file (or, unpacked, an archive's content) from an HTTP server, as `/<filename>`. */
export interface HttpNode {
  readonly kind: 'http';
  readonly url: string;
  readonly filename: string;
  readonly checksum?: Digest;
  /** Permission bits that the file is given: a server tells none. */
  readonly mode: number;
  /** Treat the body as an archive and give its content as the root folder. */
  readonly unpack: boolean;
}

/** The files of a git commit. */
export interface GitNode {
  readonly kind: 'git';
  readonly remote: string;
  /** Branch, tag or commit; the remote's default branch if absent. */
  readonly ref?: string;
  /** Folder of the repository that becomes the root; the whole tree if absent. */
  readonly subdir?: string;
  readonly keepGitDir: boolean;
  readonly submodules: boolean;
  /** The commit that `ref` must lead to, or a prefix of it. */
  readonly checksum?: string;
  /** `checksum` is what is fetched, whatever `ref` has become. */
  readonly fetchByCommit: boolean;
  /** Files are given the time of the commit, or of the build. */
  readonly times: 'commit' | 'checkout';
}

/** Host-side work on files over a base; adds one layer. */
export interface FileNode {
  readonly kind: 'file';
  readonly base: NodeId;
  readonly actions: readonly FileAction[];
}

export type FileAction = MakeFolderAction | CopyAction;

/** `WORKDIR`: the folder and its missing parents. */
export interface MakeFolderAction {
  readonly action: 'mkdir';
  readonly path: string;
  readonly mode: number;
  /** `user[:group]`, by name or number, looked up in the base. */
  readonly owner?: string;
}

/** `COPY` and `ADD` of one source. */
export interface CopyAction {
  readonly action: 'copy';
  readonly from: CopySource;
  /** Path or, with `wildcards`, pattern (Go's path/filepath.Match) in the source. */
  readonly source: string;
  /** Absolute; ends in `/` or `/.` where the destination must be a folder. */
  readonly destination: string;
  readonly owner?: string;
  readonly mode?: CopyMode;
  readonly wildcards: boolean;
  /** A source that is a symlink stands for what it points to. */
  readonly followSymlinks: boolean;
  /** A folder stands for what is in it. */
  readonly contentsOnly: boolean;
  /** `--parents`: patterns of what to take, relative to the source. */
  readonly include: readonly string[];
  /** `--exclude`. */
  readonly exclude: readonly string[];
  /** `--parents` without wildcards: paths that must exist. */
  readonly required: readonly string[];
  /** Files that are archives are unpacked. */
  readonly unpack: boolean;
}

export type CopyMode =
  | { readonly type: 'octal'; readonly mode: number }
  /** As chmod(1) takes it: `u=rwX,go=rX`. */
  | { readonly type: 'symbolic'; readonly text: string };

export type CopySource =
  | { readonly type: 'node'; readonly node: NodeId }
  /** A folder of the host by its context name; empty for the main context. */
  | { readonly type: 'context'; readonly name: string }
  /** A heredoc. */
  | { readonly type: 'inline'; readonly name: string; readonly data: string };

/** `RUN`; adds one layer. */
export interface ExecNode {
  readonly kind: 'exec';
  readonly base: NodeId;
  readonly args: readonly string[];
  /** `NAME=value`. */
  readonly env: readonly string[];
  readonly cwd: string;
  readonly user: string;
  readonly network: 'default' | 'none';
  readonly security: 'sandbox' | 'insecure';
  readonly mounts: readonly MountSpec[];
  /** A heredoc with a shebang. */
  readonly files: readonly { readonly path: string; readonly data: string; readonly mode: number }[];
  readonly hostname: string;
  readonly extraHosts: readonly { readonly host: string; readonly address: string }[];
  /** In bytes. */
  readonly shmSize?: number;
  /** Set for the step, but no part of what it is: `HTTP_PROXY` and its like. */
  readonly proxyEnv: readonly string[];
}

export type MountSpec =
  | {
      readonly type: 'bind';
      readonly target: string;
      readonly from: NodeId;
      readonly source: string;
      readonly readOnly: boolean;
    }
  | {
      readonly type: 'cache';
      readonly target: string;
      readonly id: string;
      readonly sharing: 'shared' | 'private' | 'locked';
      readonly readOnly: boolean;
      /** What the cache begins as; by default it is empty. Caches of one id that begin differently are different ones. */
      readonly from?: NodeId;
      /** The folder of the cache that is mounted. */
      readonly source: string;
      /** The cache begins with `source` as a new folder, if it is not there, of this mode and owner. */
      readonly made?: { readonly mode: number; readonly uid: number; readonly gid: number };
    }
  | { readonly type: 'tmpfs'; readonly target: string; readonly sizeBytes?: number; readonly readOnly?: boolean }
  | {
      readonly type: 'secret';
      readonly id: string;
      readonly target?: string;
      readonly env?: string;
      readonly required: boolean;
      readonly mode: number;
      readonly uid: number;
      readonly gid: number;
    }
  | {
      readonly type: 'ssh';
      readonly id: string;
      readonly target?: string;
      readonly required: boolean;
      readonly mode: number;
      readonly uid: number;
      readonly gid: number;
    };

/** The layers of `upper`, which was made over nothing, laid over `base` (`COPY --link`). */
export interface MergeNode {
  readonly kind: 'merge';
  readonly base: NodeId;
  readonly upper: NodeId;
}
