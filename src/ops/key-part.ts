import { canonicalJson, digestOfValue } from '../base/digest.ts';

/** Longer texts are kept as their digest: explanations of the cache are small records. */
const maxPartLength = 256;

/** A JSON value as a part of a cache key. */
export function keyPart(value: unknown): string {
  const text = canonicalJson(value);
  return text.length > maxPartLength ? digestOfValue(value) : text;
}
