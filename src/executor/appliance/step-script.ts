import { posix } from 'node:path';
import type { ExecMount, ExecSegment, ExecStep } from '../executor.ts';
import { StepDescription } from './step-description.ts';
import { stepEnvironment } from './step-environment.ts';

/** What a step has to know beside what was asked for. */
export interface StepPlace {
  /** Within the run: names the step's folders on the scratch disk. */
  readonly number: number;
  /** Numbers of the steps whose changes it sees, in their order. */
  readonly below: readonly number[];
  readonly isLastOfBoot: boolean;
  /** Begins the line with which the guest says how the step ended; the step can't guess it. */
  readonly token: string;
  readonly segments: readonly ExecSegment[];
  /** The scratch disk's path on the host. */
  readonly scratch: string;
  /** Names in the guest of drives, by their paths on the host. */
  readonly device: (path: string) => string;
  /** Sockets in the guest that lead to the agents of mounts. */
  readonly agent: (mount: ExecMount) => string;
}

const defaultShmBytes = 64 * 1024 * 1024;
/** As BuildKit has it. */
const defaultHostname = 'buildkitsandbox';

/** The description of a step that guest/step reads: shell text, every word of it from outside quoted. */
export function stepScript(step: ExecStep, place: StepPlace): string {
  const description = new StepDescription(place.device);
  description.scratch(place.scratch);
  const hostname = step.hostname === '' ? defaultHostname : step.hostname;
  description.content('hosts', Buffer.from(hostsFile(hostname, step)), { mode: 0o644, uid: 0, gid: 0 });
  const mounts = withTargets(step.mounts);
  for (const { mount, target } of inOrder(mounts)) addMount(description, mount, target, place);
  step.files.forEach(({ path, data, mode }, i) => {
    description.content(`file${i}`, data, { mode, uid: 0, gid: 0 });
    description.bind('/run/step', `/file${i}`, path, 'ro');
  });
  const own = place.below.map((number) => `/s/u${number}`).reverse();
  return description.text(
    {
      STEP: String(place.number),
      LAST: place.isLastOfBoot ? 'yes' : 'no',
      TOKEN: place.token,
      LOWER: [...own, ...description.folders(place.segments)].join(':'),
      CWD: step.cwd,
      STEP_USER: step.user,
      STEP_HOSTNAME: hostname,
      NETWORK: step.network,
      SECURITY: step.security,
      SHM_SIZE: String(step.shmSize ?? defaultShmBytes),
    },
    { args: step.args, ...stepEnvironment(step.env, mounts) },
  );
}

/** A mount and where it lies; undefined for a secret that is only a variable. */
export interface PlacedMount {
  readonly mount: ExecMount;
  readonly target: string | undefined;
}

function withTargets(mounts: readonly ExecMount[]): PlacedMount[] {
  let agents = 0;
  return mounts.map((mount) => {
    if (mount.type !== 'ssh' || mount.target !== undefined) return { mount, target: mount.target };
    return { mount, target: `/run/buildkit/ssh_agent.${agents++}` };
  });
}

/** Parents before what lies in them; of several with one target the last counts. */
function inOrder(mounts: readonly PlacedMount[]): { readonly mount: ExecMount; readonly target: string }[] {
  const byTarget = new Map<string, ExecMount>();
  for (const { mount, target } of mounts) if (target !== undefined) byTarget.set(posix.resolve('/', target), mount);
  return [...byTarget].sort(([a], [b]) => (a < b ? -1 : 1)).map(([target, mount]) => ({ target, mount }));
}

function addMount(description: StepDescription, mount: ExecMount, target: string, place: StepPlace): void {
  switch (mount.type) {
    case 'bind': {
      const { writable } = mount;
      description.bind(description.view(mount.segments, writable), mount.source, target, writable ? '' : 'ro');
      return;
    }
    case 'cache': {
      description.bind(description.cache(mount), mount.source, target, mount.readOnly ? 'ro' : '');
      return;
    }
    case 'tmpfs': {
      const size = mount.sizeBytes === undefined ? [] : [`size=${mount.sizeBytes}`];
      description.tmpfs(target, ['nosuid', ...size, ...(mount.readOnly === true ? ['ro'] : [])].join());
      return;
    }
    case 'secret': {
      const name = description.nextName('secret');
      description.content(name, mount.data, mount);
      description.bind('/run/step', `/${name}`, target, 'ro,nosuid,nodev,noexec');
      return;
    }
    case 'ssh': {
      const socket = place.agent(mount);
      description.socket(socket, mount);
      description.bind(posix.dirname(socket), `/${posix.basename(socket)}`, target, '');
      return;
    }
  }
}

/** As BuildKit writes it (executor/oci/hosts.go). */
function hostsFile(hostname: string, { extraHosts }: ExecStep): string {
  const extra = extraHosts.map(({ host, address }) => `${address}\t${host}\n`);
  return [`127.0.0.1\tlocalhost ${hostname}\n::1\tlocalhost ip6-localhost ip6-loopback\n`, ...extra].join('');
}
