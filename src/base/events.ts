import type { Digest } from './digest.ts';

/**
 * Everything that happens is told as plain data through an {@link EventSink}; nothing below `report/` prints. The
 * terminal view, the plain lines, `--log-as-json` and a recorded log replayed later all come from this stream.
 */
export type FirekilnEvent = EventBody & EventHead;

/** What every event may carry beside its body. */
export interface EventHead {
  /** Milliseconds since the epoch, set by {@link createEmitter}. */
  readonly time: number;
  /** Dotted name of the part that speaks, such as `build.solver`; `@module` in JSON lines. */
  readonly module: string;
  readonly vmId?: string;
  readonly ipAddress?: string;
  readonly vethName?: string;
  /** A command run on behalf of the user, in a guest or on the host. */
  readonly command?: string;
}

export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error';

export type EventBody =
  | { readonly event: 'message'; readonly level: LogLevel; readonly text: string; readonly hint?: string }
  | NodeEvent
  | VmEvent
  | { readonly event: 'build.started'; readonly dockerfile: string; readonly target?: string }
  | {
      readonly event: 'build.finished';
      readonly image?: Digest;
      readonly tags: readonly string[];
      readonly durationMs: number;
    }
  | { readonly event: 'build.failed'; readonly code: string; readonly text: string; readonly durationMs: number }
  | {
      readonly event: 'build.warning';
      readonly rule: string;
      readonly text: string;
      readonly url?: string;
      readonly file: string;
      readonly line?: number;
    };

/** What happens to one node of a build graph, or to one part of setup or pull shown in the same manner. */
export type NodeEvent =
  | {
      readonly event: 'node.started';
      /** Unique within the build. */
      readonly node: string;
      /** For people, in the manner of BuildKit: `[build 2/5] RUN make`. */
      readonly name: string;
    }
  | { readonly event: 'node.cached'; readonly node: string; readonly name: string }
  | {
      readonly event: 'node.progress';
      readonly node: string;
      /** One of several things in progress within the node, such as a layer. */
      readonly item: string;
      readonly current: number;
      readonly total?: number;
      readonly unit: 'bytes' | 'entries';
      readonly done?: boolean;
    }
  | {
      readonly event: 'node.log';
      readonly node: string;
      readonly stream: 'stdout' | 'stderr';
      readonly data: Uint8Array;
    }
  | {
      readonly event: 'node.explained';
      readonly node: string;
      readonly name: string;
      /** Why the node hit or missed the cache; shown by `--explain`. */
      readonly text: string;
    }
  | { readonly event: 'node.finished'; readonly node: string; readonly durationMs: number }
  | { readonly event: 'node.failed'; readonly node: string; readonly durationMs: number; readonly text: string };

/** The life of one microVM, of a build or of a run. */
export type VmEvent =
  | { readonly event: 'vm.starting'; readonly vmId: string; readonly driver: string; readonly purpose: 'build' | 'run' }
  | { readonly event: 'vm.started'; readonly vmId: string; readonly durationMs: number }
  | { readonly event: 'vm.stopping'; readonly vmId: string }
  | { readonly event: 'vm.stopped'; readonly vmId: string; readonly reason: string };

export type EventSink = (event: FirekilnEvent) => void;

/** Speaks for one module; {@link Emitter.with} adds facts that all of its events then carry. */
export interface Emitter {
  emit(body: EventBody): void;
  message(level: LogLevel, text: string, hint?: string): void;
  with(head: Partial<Omit<EventHead, 'time'>>): Emitter;
}

export function createEmitter(sink: EventSink, head: Omit<EventHead, 'time'>, now: () => number = Date.now): Emitter {
  return {
    emit: (body) => sink({ time: now(), ...head, ...body }),
    message: (level, text, hint) =>
      sink({ time: now(), ...head, event: 'message', level, text, ...(hint === undefined ? {} : { hint }) }),
    with: (more) => createEmitter(sink, { ...head, ...more }, now),
  };
}

/** Swallows everything; for tests and for callers that do not listen. */
export const silentEmitter: Emitter = createEmitter(() => {}, { module: 'silent' });
