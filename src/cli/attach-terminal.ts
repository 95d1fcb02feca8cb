import type { App } from '../app/app.ts';
import { FirekilnError } from '../base/errors/firekiln-error.ts';
import { onOutputResize, outputTerminal, writeThrough } from '../report/output.ts';
import type { ControlClient, ControlHandlers } from '../runtime/control/control-client.ts';
import type { Attachment } from '../runtime/control/messages.ts';

/** What the program at the other side is told of this side. Throws USAGE if a terminal is asked for and there is none. */
export function attachmentOf(options: { readonly interactive: boolean; readonly tty: boolean }): Attachment {
  if (!options.tty) return { stdin: options.interactive };
  if (options.interactive && !process.stdin.isTTY) {
    throw new FirekilnError('USAGE', '-t with -i: the input is no terminal', { hint: 'Leave -t out.', exitCode: 125 });
  }
  const size = outputTerminal() ?? { columns: 80, rows: 24 };
  return { stdin: options.interactive, terminal: { ...size, term: process.env.TERM ?? 'xterm' } };
}

/** Output of the other side goes where ours goes. */
export function terminalHandlers(): ControlHandlers {
  return { onOutput: writeThrough };
}

/** Passes input, size and signals of this terminal on; disposing puts the terminal back in order. */
export function attachTerminal(app: App, client: ControlClient, attachment: Attachment): Disposable {
  const cleanup = new DisposableStack();
  let interrupts = 0;
  cleanup.defer(
    app.takeSignals((name) => {
      // Who presses Ctrl-C twice wants it to end.
      const isAgain = name === 'SIGINT' && ++interrupts > 1;
      client.send({ op: 'signal', signal: isAgain ? 'KILL' : name.slice('SIG'.length) });
    }),
  );
  if (attachment.terminal !== undefined) {
    cleanup.defer(
      onOutputResize(() => {
        const size = outputTerminal();
        if (size !== undefined) client.send({ op: 'resize', ...size });
      }),
    );
  }
  if (attachment.stdin) {
    const { stdin } = process;
    const isRaw = attachment.terminal !== undefined && stdin.isTTY;
    if (isRaw) stdin.setRawMode(true);
    const onData = (data: Buffer) => {
      if (!client.sendInput(data)) stdin.pause();
    };
    const onEnd = () => void client.sendInput(Buffer.alloc(0));
    client.onDrain(() => stdin.resume());
    stdin.on('data', onData);
    stdin.once('end', onEnd);
    cleanup.defer(() => {
      if (isRaw) stdin.setRawMode(false);
      stdin.off('data', onData);
      stdin.off('end', onEnd);
      stdin.pause();
      stdin.unref();
    });
  }
  return cleanup;
}
