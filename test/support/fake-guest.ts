import type { Duplex } from 'node:stream';
import type { FakeGuest, FakeHands } from '../../src/vm/fake/fake-driver.ts';
import type { TestShell } from './driver-conformance.ts';

/**
 * A guest for the fake driver that knows just the commands of the conformance suite. Its control protocol: a request
 * and an answer per command, each a line of JSON, bytes as base64.
 */
export function createScriptedGuest(): FakeGuest {
  let name = '';
  return {
    boot: (hands) => {
      setImmediate(() => hands.console('fake guest\nfake-ready\n'));
    },
    serve: (stream, hands) => {
      stream.on('error', () => {});
      onLines(stream, (line) => {
        const { command, stdin } = JSON.parse(line) as { command: string; stdin: string };
        const answer = (stdout: string, stderr = '', exitCode = 0) => {
          stream.write(`${JSON.stringify({ stdout, stderr, exitCode })}\n`);
        };
        const said = /^echo (\w+)(?: > (\S+))?$/.exec(command);
        if (command === 'echo b > /proc/sysrq-trigger') hands.end('guest', 'reset');
        else if (command === 'poweroff -f') hands.end('guest', 'power-off');
        else if (command === 'echo c > /proc/sysrq-trigger') panic(hands);
        else if (command === 'cat') answer(stdin);
        else if (command === 'true') answer('');
        else if (command === 'cat /tmp/name') answer(base64(`${name}\n`));
        else if (command === 'echo out; echo err >&2; exit 7') answer(base64('out\n'), base64('err\n'), 7);
        else if (said?.[2] === '/tmp/name') {
          name = said[1] ?? '';
          answer('');
        } else if (said?.[2] === '/dev/console') {
          hands.console(`${said[1]}\n`);
          answer('');
        } else if (said !== null && said[2] === undefined) answer(base64(`${said[1]}\n`));
        else answer('', base64(`${command}: not found\n`), 127);
      });
    },
  };
}

export async function connectScripted(stream: Duplex): Promise<TestShell> {
  const waiting: ((line: string) => void)[] = [];
  onLines(stream, (line) => waiting.shift()?.(line));
  return {
    exec: async (command, stdin = Buffer.alloc(0)) => {
      const line = await new Promise<string>((resolve, reject) => {
        waiting.push(resolve);
        stream.once('close', () => reject(new Error('the stream was closed')));
        stream.write(`${JSON.stringify({ command, stdin: stdin.toString('base64') })}\n`);
      });
      const { stdout, stderr, exitCode } = JSON.parse(line) as { stdout: string; stderr: string; exitCode: number };
      return { stdout: Buffer.from(stdout, 'base64'), stderr: Buffer.from(stderr, 'base64'), exitCode };
    },
    [Symbol.asyncDispose]: async () => {
      stream.destroy();
    },
  };
}

function panic(hands: FakeHands): void {
  hands.console('Kernel panic - not syncing: sysrq triggered crash\n');
  hands.end('panic', 'Kernel panic - not syncing: sysrq triggered crash');
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}

function onLines(stream: Duplex, each: (line: string) => void): void {
  let rest = '';
  stream.on('data', (chunk: Buffer) => {
    rest += chunk.toString();
    for (let end = rest.indexOf('\n'); end >= 0; end = rest.indexOf('\n')) {
      const line = rest.slice(0, end);
      rest = rest.slice(end + 1);
      each(line);
    }
  });
}
