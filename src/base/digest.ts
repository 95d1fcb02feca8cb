import { createHash, type Hash, hash } from 'node:crypto';
import { FirekilnError } from './errors/firekiln-error.ts';

/** `algorithm:hex` as in the OCI image spec, descriptor.md#digests; Firekiln stores by sha256 only. */
export type Digest = `sha256:${string}`;

const digestPattern = /^sha256:[0-9a-f]{64}$/;

export function isDigest(value: unknown): value is Digest {
  return typeof value === 'string' && digestPattern.test(value);
}

/** Throws DIGEST_INVALID, naming where the value came from. */
export function parseDigest(value: string, where: string): Digest {
  if (isDigest(value)) return value;
  throw new FirekilnError('DIGEST_INVALID', `${where}: ${JSON.stringify(value)} is not a sha256 digest`, {
    hint: 'A digest is "sha256:" and 64 lower-case hexadecimal digits.',
  });
}

export function sha256(data: string | Uint8Array): Digest {
  return `sha256:${hash('sha256', data)}`;
}

export function hexOf(digest: Digest): string {
  return digest.slice('sha256:'.length);
}

/** An incremental sha256. */
export class Digester {
  readonly #hash: Hash = createHash('sha256');

  update(data: string | Uint8Array): this {
    this.#hash.update(data);
    return this;
  }

  /** Ends the digester; legal once. */
  digest(): Digest {
    return `sha256:${this.#hash.digest('hex')}`;
  }
}

/**
 * The digest of a plain JSON value with its object keys sorted, so that equal values have equal digests. Only null,
 * booleans, finite numbers, strings, arrays and plain objects; `undefined` properties count as absent.
 */
export function digestOfValue(value: unknown): Digest {
  return sha256(canonicalJson(value));
}

export function canonicalJson(value: unknown): string {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw new TypeError(`not a finite number: ${value}`);
    return JSON.stringify(value);
  }
  if (Array.isArray(value)) {
    if (value.every((item) => typeof item === 'string')) return JSON.stringify(value);
    return `[${value.map(canonicalJson).join(',')}]`;
  }
  if (typeof value === 'object') {
    const members: string[] = [];
    for (const key of Object.keys(value).sort()) {
      const member = (value as Record<string, unknown>)[key];
      if (member !== undefined) members.push(`${JSON.stringify(key)}:${canonicalJson(member)}`);
    }
    return `{${members.join(',')}}`;
  }
  throw new TypeError(`not a JSON value: ${typeof value}`);
}
