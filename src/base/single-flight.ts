import { abortError, throwIfAborted } from './abort.ts';

interface Flight<T> {
  readonly result: Promise<T>;
  readonly controller: AbortController;
  waiters: number;
}

/**
 * Shares one run of the same work between all who ask for it at the same time within this process. The work is aborted
 * when the last who waits for it has given up, and is then awaited, so that nothing runs on behind anybody's back.
 */
export class SingleFlight<T> {
  readonly #flights = new Map<string, Flight<T>>();

  /** @param doing For the error of an abort, such as `making segment sha256:...`. */
  async run(
    key: string,
    options: { readonly signal?: AbortSignal | undefined; readonly doing: string },
    work: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    for (;;) {
      throwIfAborted(options.signal, options.doing);
      const flight = this.#flights.get(key);
      if (flight === undefined) return await this.#join(this.#start(key, options.doing, work), options);
      if (!flight.controller.signal.aborted) return await this.#join(flight, options);
      // Given up by all who wanted it, but not ended yet.
      await flight.result.catch(() => {});
    }
  }

  #start(key: string, doing: string, work: (signal: AbortSignal) => Promise<T>): Flight<T> {
    const controller = new AbortController();
    const result = Promise.resolve()
      .then(async () => {
        throwIfAborted(controller.signal, doing);
        return await work(controller.signal);
      })
      .finally(() => this.#flights.delete(key));
    // Each waiter sees the failure through its own promise.
    result.catch(() => {});
    const flight: Flight<T> = { result, controller, waiters: 0 };
    this.#flights.set(key, flight);
    return flight;
  }

  async #join(flight: Flight<T>, options: { readonly signal?: AbortSignal | undefined; readonly doing: string }) {
    flight.waiters++;
    const { signal } = options;
    if (signal === undefined) return await flight.result;
    const gaveUp = Promise.withResolvers<'gave up'>();
    const onAbort = () => {
      if (--flight.waiters === 0) flight.controller.abort(signal.reason);
      gaveUp.resolve('gave up');
    };
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      const first = await Promise.race([flight.result.then((value) => ({ value })), gaveUp.promise]);
      if (first !== 'gave up') return first.value;
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
    if (flight.controller.signal.aborted) await flight.result.catch(() => {});
    throw abortError(signal, options.doing);
  }
}
