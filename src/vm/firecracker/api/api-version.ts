import { FirekilnError } from '../../../base/errors/firekiln-error.ts';
import { callsSince, fieldsSince } from './api-gates.ts';

/** What `GET /version` answers, such as `1.12.1`. */
export interface ApiVersion {
  readonly text: string;
  readonly major: number;
  readonly minor: number;
}

const oldest = '1.12';

/** Throws VMM_OUTDATED for a version below 1.12. */
export function parseApiVersion(text: string): ApiVersion {
  const [, major, minor] = /^v?(\d{1,4})\.(\d{1,4})(?:[.-]|$)/.exec(text) ?? [];
  const version = { text, major: Number(major), minor: Number(minor) };
  if (major === undefined || minor === undefined || !isAtLeast(version, oldest)) {
    throw new FirekilnError('VMM_OUTDATED', `Firecracker ${text} is too old: ${oldest} or newer is needed`, {
      hint: 'Install a newer release: https://github.com/firecracker-microvm/firecracker/releases',
    });
  }
  return version;
}

export function isAtLeast({ major, minor }: ApiVersion, wanted: string): boolean {
  const [wantedMajor = 0, wantedMinor = 0] = wanted.split('.').map(Number);
  return major > wantedMajor || (major === wantedMajor && minor >= wantedMinor);
}

/** Throws VMM_OUTDATED, naming the version that has it, for a call or a field that came later. */
export function requireKnown(version: ApiVersion, call: string, body: unknown): void {
  const since = callsSince[call];
  if (since !== undefined && !isAtLeast(version, since)) throw outdated(version, call, since);
  for (const [path, fieldSince] of Object.entries(fieldsSince[call] ?? {})) {
    if (!isAtLeast(version, fieldSince) && fieldAt(body, path) !== undefined) {
      throw outdated(version, `the field ${path} of ${call}`, fieldSince);
    }
  }
}

function fieldAt(body: unknown, path: string): unknown {
  return path.split('.').reduce((value, key) => (value as Record<string, unknown> | undefined)?.[key], body);
}

function outdated({ text }: ApiVersion, what: string, since: string): FirekilnError {
  return new FirekilnError('VMM_OUTDATED', `Firecracker ${text} does not have ${what}: ${since} and newer do`);
}
