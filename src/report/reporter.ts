import type { EventSink, LogLevel } from '../base/events.ts';
import { encodeEvent, levelOf } from './json-lines.ts';
import { createLiveView } from './live-view.ts';
import { createPlainView } from './plain-view.ts';

export type ProgressMode = 'auto' | 'tty' | 'plain' | 'json' | 'quiet';

export interface ReporterOptions {
  readonly mode: ProgressMode;
  readonly level: LogLevel;
  /** Where everything is written; standard error by default. */
  readonly stream?: NodeJS.WriteStream;
}

export interface Reporter {
  readonly sink: EventSink;
  /** Puts the terminal back in order. Safe twice. */
  close(): void;
}

const levels: readonly LogLevel[] = ['trace', 'debug', 'info', 'warn', 'error'];

/** The view that fits: `auto` is the live view on a terminal, plain lines elsewhere. */
export function createReporter(options: ReporterOptions): Reporter {
  const stream = options.stream ?? process.stderr;
  const mode = options.mode === 'auto' ? (stream.isTTY && process.env.TERM !== 'dumb' ? 'tty' : 'plain') : options.mode;
  const write = (text: string) => void stream.write(text);
  switch (mode) {
    case 'tty': {
      const view = createLiveView({ stream });
      let open = true;
      return {
        sink: view.sink,
        close: () => {
          if (open) view.close();
          open = false;
        },
      };
    }
    case 'json':
      return {
        sink: (event) => {
          if (levels.indexOf(levelOf(event)) >= levels.indexOf(options.level)) write(`${encodeEvent(event)}\n`);
        },
        close: () => {},
      };
    case 'plain':
      return { sink: createPlainView({ write, level: options.level }), close: () => {} };
    case 'quiet':
      return {
        sink: (event) => {
          if (event.event === 'message' && (event.level === 'warn' || event.level === 'error')) {
            write(`${event.level}: ${event.text}\n`);
          }
        },
        close: () => {},
      };
  }
}
