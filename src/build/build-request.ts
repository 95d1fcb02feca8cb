import type { Readable } from 'node:stream';
import type { InPlaceRequest } from './in-place/in-place-request.ts';
import type { OutputSpec } from './output-spec.ts';
import type { SecretSpec, SshSpec } from './secret-spec.ts';

/** What `firekiln build` is asked for. */
export interface BuildRequest {
  /** A locator (docs/dockerfile.md); by default the folder of the Dockerfile. */
  readonly context?: string | undefined;
  /** A locator; by default `Dockerfile` in the context. */
  readonly dockerfile?: string | undefined;
  /** What `-` stands for. */
  readonly stdin: Readable;
  /** Relative paths start here. */
  readonly cwd: string;
  /** As the user wrote them. */
  readonly tags: readonly string[];
  readonly target?: string | undefined;
  readonly buildArgs: ReadonlyMap<string, string>;
  readonly labels: ReadonlyMap<string, string>;
  readonly platform?: string | undefined;
  /** Locators by name; also `docker-image://`, `oci-layout://`, `oci-archive://` and `docker-archive://`. */
  readonly buildContexts: ReadonlyMap<string, string>;
  readonly secrets: readonly SecretSpec[];
  readonly ssh: readonly SshSpec[];
  /** All stages, or those named. */
  readonly noCache: boolean | ReadonlySet<string>;
  readonly pull: boolean;
  readonly network: 'default' | 'none';
  readonly extraHosts: readonly { readonly host: string; readonly address: string }[];
  /** In bytes. */
  readonly shmSize?: number | undefined;
  readonly allowInsecure: boolean;
  readonly outputs: readonly OutputSpec[];
  readonly isolation: 'group' | 'step';
  /** Run the build checks and nothing else. */
  readonly checkOnly: boolean;
  readonly explain: boolean;
  /** Build twice, and compare. */
  readonly checkReproducible?: boolean;
  /** Build in VMs that run the base itself, not in the appliance. */
  readonly inPlace?: InPlaceRequest | undefined;
  /** The root of a base store: the result goes to `_builds` in it, too. */
  readonly baseStore?: string | undefined;
  /** Seconds since the epoch. */
  readonly sourceDateEpoch?: number | undefined;
}
