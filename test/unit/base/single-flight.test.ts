import { describe, expect, it } from 'vitest';
import { SingleFlight } from '../../../src/base/single-flight.ts';

const doing = 'making it';

function gate() {
  let open: () => void = () => {};
  const passed = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { open, passed };
}

describe('SingleFlight', () => {
  it('runs the work once for all who ask at the same time', async () => {
    const flights = new SingleFlight<number>();
    let runs = 0;
    const { open, passed } = gate();
    const work = async () => {
      runs++;
      await passed;
      return runs;
    };
    const all = [1, 2, 3].map(() => flights.run('a', { doing }, work));
    open();
    expect(await Promise.all(all)).toEqual([1, 1, 1]);
    expect(await flights.run('a', { doing }, work)).toBe(2);
  });

  it('does not mix keys', async () => {
    const flights = new SingleFlight<string>();
    expect(await Promise.all(['a', 'b'].map((key) => flights.run(key, { doing }, async () => key)))).toEqual([
      'a',
      'b',
    ]);
  });

  it('gives a failure to all, and tries again the next time', async () => {
    const flights = new SingleFlight<number>();
    const fail = async () => {
      throw new Error('no luck');
    };
    const results = await Promise.allSettled([1, 2].map(() => flights.run('a', { doing }, fail)));
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(await flights.run('a', { doing }, async () => 7)).toBe(7);
  });

  it('work that throws at once is forgotten too', async () => {
    const flights = new SingleFlight<number>();
    const fail = () => {
      throw new Error('at once');
    };
    await expect(flights.run('a', { doing }, fail)).rejects.toThrow('at once');
    expect(await flights.run('a', { doing }, async () => 7)).toBe(7);
  });

  it('one who gives up leaves the work to the others', async () => {
    const flights = new SingleFlight<string>();
    const { open, passed } = gate();
    const work = async (signal: AbortSignal) => {
      await passed;
      return signal.aborted ? 'aborted' : 'done';
    };
    const controller = new AbortController();
    const impatient = flights.run('a', { doing, signal: controller.signal }, work);
    const patient = flights.run('a', { doing, signal: new AbortController().signal }, work);
    controller.abort();
    await expect(impatient).rejects.toMatchObject({ code: 'ABORTED', message: 'stopped while making it' });
    open();
    expect(await patient).toBe('done');
  });

  it('the last who gives up aborts the work and waits for its end', async () => {
    const flights = new SingleFlight<string>();
    const { open, passed } = gate();
    let ended = false;
    const started = gate();
    const work = async (signal: AbortSignal) => {
      started.open();
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
      await passed;
      ended = true;
      throw new Error('aborted');
    };
    const controllers = [new AbortController(), new AbortController()];
    const all = controllers.map(({ signal }) => flights.run('a', { doing, signal }, work));
    const settled = Promise.allSettled(all.map((one) => one.then(undefined, () => ended)));
    await started.passed;
    for (const controller of controllers) controller.abort();
    // Who comes now does not get the aborted work.
    const late = flights.run('a', { doing }, async () => `fresh, ended ${ended}`);
    open();
    expect((await settled).map((result) => result.status === 'fulfilled' && result.value)).toContain(true);
    expect(await late).toBe('fresh, ended true');
  });

  it('work that everybody gave up before it began does not begin', async () => {
    const flights = new SingleFlight<string>();
    const controller = new AbortController();
    let runs = 0;
    const run = flights.run('a', { doing, signal: controller.signal }, async () => `${++runs}`);
    controller.abort();
    await expect(run).rejects.toMatchObject({ code: 'ABORTED' });
    expect(runs).toBe(0);
  });

  it('a signal that is aborted before does not start anything', async () => {
    const flights = new SingleFlight<string>();
    let runs = 0;
    const run = flights.run('a', { doing, signal: AbortSignal.abort() }, async () => `${++runs}`);
    await expect(run).rejects.toMatchObject({ code: 'ABORTED' });
    expect(runs).toBe(0);
  });
});
