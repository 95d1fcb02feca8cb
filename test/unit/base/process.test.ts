import { describe, expect, it } from 'vitest';
import { isFirekilnError } from '../../../src/base/errors/firekiln-error.ts';
import { findProgram } from '../../../src/base/find-program.ts';
import { runProcess, startProcess, tryProcess } from '../../../src/base/process.ts';
import { quoteWord } from '../../../src/base/quote-command.ts';

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

const until = async (condition: () => boolean): Promise<void> => {
  for (let i = 0; i < 500 && !condition(); i++) await new Promise((resolve) => setTimeout(resolve, 10));
  expect(condition()).toBe(true);
};

describe('runProcess', () => {
  it('keeps both outputs apart', async () => {
    const result = await runProcess('sh', { args: ['-c', 'echo out; echo err >&2'] });
    expect([String(result.stdout), String(result.stderr)]).toEqual(['out\n', 'err\n']);
  });

  it('names command, exit code and the end of the error output', async () => {
    const failure = runProcess('sh', { args: ['-c', 'echo "no luck" >&2; exit 3'] });
    await expect(failure).rejects.toMatchObject({
      code: 'PROCESS_FAILED',
      message: 'sh failed with exit code 3',
      details: [`sh -c 'echo "no luck" >&2; exit 3'`, 'no luck'],
    });
  });

  it('says which program is missing', async () => {
    await expect(runProcess('no-such-program-here')).rejects.toMatchObject({ code: 'PROGRAM_MISSING' });
  });

  it('feeds bytes and text', async () => {
    const text = await runProcess('cat', { stdin: { text: 'abc' } });
    const bytes = await runProcess('cat', { stdin: Buffer.from([0, 255]) });
    expect([String(text.stdout), [...bytes.stdout]]).toEqual(['abc', [0, 255]]);
  });

  it('keeps only the end of a long output', async () => {
    const result = await runProcess('sh', { args: ['-c', 'seq 1 200000'], maxOutputBytes: 1000 });
    expect(result.stdout.length).toBeLessThanOrEqual(1000);
    expect(String(result.stdout)).toMatch(/\n200000\n$/);
  });

  it('does not hang on a child that does not read its input', async () => {
    const result = await runProcess('true', { stdin: Buffer.alloc(1 << 22) });
    expect(result.exitCode).toBe(0);
  });

  it('an exit code is a result for tryProcess', async () => {
    expect((await tryProcess('sh', { args: ['-c', 'exit 7'] })).exitCode).toBe(7);
  });
});

describe('stopping', () => {
  it('a time-out ends the grandchildren too', async () => {
    let grandchild = 0;
    const failure = runProcess('sh', {
      args: ['-c', 'sleep 1000 & echo $!; wait'],
      timeoutMs: 300,
      stdout: { each: (chunk) => (grandchild ||= Number(String(chunk))) },
    });
    await expect(failure).rejects.toMatchObject({ code: 'TIMEOUT' });
    expect(grandchild).toBeGreaterThan(1);
    await until(() => !isAlive(grandchild));
  });

  it('an abort kills a child that ignores SIGTERM', async () => {
    const controller = new AbortController();
    const child = await startProcess('sh', {
      args: ['-c', 'trap "" TERM; echo ready; while :; do sleep 0.05; done'],
      signal: controller.signal,
      killAfterMs: 100,
      stdout: { each: () => controller.abort() },
    });
    expect(await child.result).toMatchObject({ aborted: true, signal: 'SIGKILL' });
  });

  it('a child with dieWithParent dies when its parent is killed', async () => {
    const script = `
      const { startProcess } = await import(${JSON.stringify(new URL('../../../src/base/process.ts', import.meta.url).href)});
      const child = await startProcess('sleep', { args: ['1000'], dieWithParent: true });
      console.log(child.pid);
    `;
    let pid = 0;
    const parent = await startProcess(process.execPath, {
      args: ['--input-type=module', '-e', script],
      stdout: { each: (chunk) => (pid ||= Number(String(chunk))) },
    });
    await until(() => pid > 0);
    expect(isAlive(pid)).toBe(true);
    process.kill(parent.pid, 'SIGKILL');
    await parent.result;
    await until(() => !isAlive(pid));
  });

  it('a signal that is aborted already starts nothing', async () => {
    const failure = runProcess('true', { signal: AbortSignal.abort() });
    await expect(failure).rejects.toSatisfy((error) => isFirekilnError(error, 'ABORTED'));
  });
});

describe('words', () => {
  it('quotes what a shell would take apart', async () => {
    for (const word of ['plain/word-1.2', 'two words', "it's", '$HOME', '', '\n', '*']) {
      const result = await runProcess('sh', { args: ['-c', `printf %s ${quoteWord(word)}`] });
      expect(String(result.stdout)).toBe(word);
    }
  });

  it('finds programs on PATH and in sbin', async () => {
    expect(await findProgram('sh')).toMatch(/\/sh$/);
    expect(await findProgram('no-such-program-here')).toBeUndefined();
  });
});
