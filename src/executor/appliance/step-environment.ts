import type { PlacedMount } from './step-script.ts';

export interface StepEnvironment {
  /** `NAME=value`, each name once. */
  readonly env: readonly string[];
  readonly path: string;
  /** HOME has no value: it is what the passwd file says of the step's user. */
  readonly needsHome: boolean;
}

/** The variables of a step: what was given, secrets asked for as variables, and the socket of the first agent. */
export function stepEnvironment(given: readonly string[], mounts: readonly PlacedMount[]): StepEnvironment {
  const env = new Map<string, string>();
  for (const entry of given) {
    const at = entry.indexOf('=');
    if (at > 0) env.set(entry.slice(0, at), entry.slice(at + 1));
  }
  for (const { mount } of mounts) {
    if (mount.type === 'secret' && mount.env !== undefined) env.set(mount.env, Buffer.from(mount.data).toString());
  }
  const agent = mounts.find(({ mount }) => mount.type === 'ssh');
  if (agent?.target !== undefined && !env.has('SSH_AUTH_SOCK')) env.set('SSH_AUTH_SOCK', agent.target);
  const needsHome = (env.get('HOME') ?? '') === '';
  if (needsHome) env.delete('HOME');
  return {
    env: [...env].map(([name, value]) => `${name}=${value}`),
    path: env.get('PATH') ?? '',
    needsHome,
  };
}
