import { type Digest, digestOfValue } from '../base/digest.ts';
import type { CacheExplanation, KeyParts } from './op.ts';

/** Part of every key: to be raised when ops begin to give other results for the same parts. */
const keyVersion = 2;

/** The key that can be told without solving anything: what a vertex is, and what its inputs are. */
export function definitionKey(parts: KeyParts, inputs: readonly Digest[]): Digest {
  return digestOfValue({ version: keyVersion, by: 'definition', parts, inputs });
}

/** The key by what the inputs hold, however they were made. */
export function contentKey({ parts, inputKeys }: CacheExplanation): Digest {
  return digestOfValue({ version: keyVersion, by: 'content', parts, inputs: inputKeys });
}

/** Stands for inputs whose content the parts tell. */
const told = digestOfValue('told by parts');

/** What the content key is made from. */
export function explanationOf(options: {
  readonly name: string;
  readonly parts: KeyParts;
  readonly content: { readonly inputs: readonly number[]; readonly parts: KeyParts } | undefined;
  readonly identities: readonly Digest[];
}): CacheExplanation {
  const { name, parts, content, identities } = options;
  const all: Record<string, string> = { ...parts };
  for (const [part, value] of Object.entries(content?.parts ?? {})) all[`content of ${part}`] = value;
  const inputKeys = identities.map((identity, i) => (content?.inputs.includes(i) ? told : identity));
  return { name, parts: all, inputKeys };
}
