import { type Duplex, duplexPair } from 'node:stream';
import { throwIfAborted } from '../../base/abort.ts';
import { FirekilnError } from '../../base/errors/firekiln-error.ts';
import { ConsoleRing } from '../console-ring.ts';
import type { DriverCapabilities, Machine, MachineDriver, MachineEnd, MachineSpec } from '../driver.ts';
import { validateOptions } from '../validate-options.ts';
import { validateSpec } from '../validate-spec.ts';

/** The behaviour of the guests of a {@link createFakeDriver fake driver}. */
export interface FakeGuest {
  /** Called at start; what it writes appears on the console. */
  boot(hands: FakeHands): void;
  /** Called with the guest's end of each control stream. */
  serve(stream: Duplex, hands: FakeHands): void;
}

/** What a fake guest can do to its machine. */
export interface FakeHands {
  readonly spec: MachineSpec;
  console(text: string): void;
  end(reason: MachineEnd['reason'], detail: string): void;
}

/** A driver that runs nothing: its guests are functions of this process. For tests of what stands above drivers. */
export function createFakeDriver(
  guest: (spec: MachineSpec) => FakeGuest,
  change: Partial<DriverCapabilities> = {},
): MachineDriver {
  const capabilities: DriverCapabilities = {
    maxDrives: 18,
    controlTransport: 'vsock',
    endsOn: 'reset',
    rootless: true,
    accelerated: false,
    networks: ['stream-socket', 'tap'],
    pause: true,
    snapshot: false,
    inspect: false,
    options: ['root-drive'],
    kernelArgs: [],
    consoleDevice: 'ttyS0',
    kernelNeeds: [],
    unfitKernelArgs: [],
    drivePrefix: 'vd',
    ...change,
  };
  return {
    name: 'fake',
    capabilities,
    create: async (spec) => {
      validateSpec(spec, {
        maxDrives: capabilities.maxDrives,
        maxVcpus: 32,
        minMemoryMiB: 64,
        socketNames: ['control.sock'],
      });
      validateOptions(spec, 'fake', capabilities);
      return new FakeMachine(spec, guest(spec));
    },
  };
}

class FakeMachine implements Machine {
  readonly id: string;
  readonly ended: Promise<MachineEnd>;
  readonly #spec: MachineSpec;
  readonly #guest: FakeGuest;
  readonly #ring = new ConsoleRing();
  readonly #streams = new Set<Duplex>();
  #state: Machine['state'] = 'created';
  #end: MachineEnd | undefined;
  #resolveEnded: (end: MachineEnd) => void = () => {};

  constructor(spec: MachineSpec, guest: FakeGuest) {
    this.id = spec.id;
    this.#spec = spec;
    this.#guest = guest;
    this.ended = new Promise((resolve) => {
      this.#resolveEnded = resolve;
    });
  }

  get state(): Machine['state'] {
    return this.#state;
  }

  get pid(): number | undefined {
    return this.#state === 'running' || this.#state === 'paused' ? process.pid : undefined;
  }

  async start(signal?: AbortSignal): Promise<void> {
    throwIfAborted(signal, `starting the machine ${this.id}`);
    if (this.#state !== 'created' || this.#end !== undefined) throw new Error(`machine ${this.id} is ${this.#state}`);
    this.#state = 'running';
    this.#guest.boot(this.#hands());
  }

  async dial(options: { readonly signal?: AbortSignal } = {}): Promise<Duplex> {
    throwIfAborted(options.signal, `dialling the machine ${this.id}`);
    if (this.#state !== 'running') {
      throw new FirekilnError('VM_ENDED', `the machine ${this.id} is not running, it is ${this.#state}`);
    }
    const [ours, theirs] = duplexPair();
    this.#streams.add(ours);
    ours.once('close', () => {
      this.#streams.delete(ours);
      theirs.destroy();
    });
    this.#guest.serve(theirs, this.#hands());
    return ours;
  }

  async pause(): Promise<void> {
    this.#requireStarted();
    this.#state = 'paused';
  }

  async resume(): Promise<void> {
    this.#requireStarted();
    this.#state = 'running';
  }

  async snapshot(): Promise<never> {
    throw this.#lacks('snapshots');
  }

  async change(): Promise<never> {
    throw this.#lacks('changes while a machine runs');
  }

  async inspect(): Promise<never> {
    throw this.#lacks('facts about a running machine');
  }

  consoleTail(): string {
    return this.#ring.tail();
  }

  onConsole(listener: (chunk: Buffer) => void): () => void {
    return this.#ring.listen(listener);
  }

  async stop(): Promise<MachineEnd> {
    return this.#finish({ reason: 'stopped', detail: 'stopped on request' });
  }

  async destroy(): Promise<void> {
    this.#finish({ reason: 'stopped', detail: 'destroyed' });
    this.#state = 'destroyed';
  }

  #requireStarted(): void {
    if (this.#state === 'running' || this.#state === 'paused') return;
    throw new FirekilnError('VM_ENDED', `the machine ${this.id} is not running, it is ${this.#state}`);
  }

  #lacks(what: string): FirekilnError {
    return new FirekilnError('VM_UNSUPPORTED', `machine ${this.id}: the driver fake has no ${what}`);
  }

  #hands(): FakeHands {
    return {
      spec: this.#spec,
      console: (text) => this.#ring.write(Buffer.from(text)),
      end: (reason, detail) => {
        this.#finish({ reason, detail });
      },
    };
  }

  #finish(end: MachineEnd): MachineEnd {
    if (this.#end !== undefined) return this.#end;
    this.#end = end;
    this.#state = 'ended';
    for (const stream of this.#streams) stream.destroy();
    this.#resolveEnded(end);
    return end;
  }
}
