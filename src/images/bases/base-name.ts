import { FirekilnError } from '../../base/errors/firekiln-error.ts';
import { formatReference, parseReference, withDefaultTag } from '../../formats/oci/reference.ts';

/** A base that can be made from the packages of a distribution. */
export interface BaseName {
  readonly distribution: 'debian' | 'ubuntu';
  /** As the archives name it: `bookworm`. */
  readonly suite: string;
  /** Without documentation and translations, as the images of that name. */
  readonly slim: boolean;
  /** Canonical names of the image, the one that was asked for first. */
  readonly names: readonly string[];
}

/** What the metadata of these images have for a Dockerfile, before the name. */
export const baseRecipe = 'firekiln base build ';

const debianVersions: Readonly<Record<string, string>> = {
  buster: '10',
  bullseye: '11',
  bookworm: '12',
  trixie: '13',
  forky: '14',
};

const ubuntuVersions: Readonly<Record<string, string>> = {
  focal: '20.04',
  jammy: '22.04',
  noble: '24.04',
  plucky: '25.04',
  questing: '25.10',
  resolute: '26.04',
};

/** Debian's names for whatever has that state now; Ubuntu has none. */
const debianStates = ['stable', 'oldstable', 'testing', 'unstable', 'sid'];

/**
 * Reads `debian:bookworm`, `debian:12-slim`, `ubuntu:noble` and such. Throws REFERENCE_INVALID, and BASE_UNSUPPORTED
 * for what is not made from such packages.
 */
export function parseBaseName(text: string): BaseName {
  const reference = withDefaultTag(parseReference(text));
  const canonical = formatReference(reference);
  const distribution = /^docker\.io\/library\/(debian|ubuntu):/.exec(canonical)?.[1];
  const { tag = '' } = reference;
  if ((distribution !== 'debian' && distribution !== 'ubuntu') || reference.digest !== undefined) {
    throw unsupported(
      text,
      'Bases are made of debian and ubuntu; anything else is pulled, or built from a Dockerfile.',
    );
  }
  const slim = distribution === 'debian' && tag.endsWith('-slim');
  const wanted = slim ? tag.slice(0, -'-slim'.length) : tag;
  const versions = distribution === 'debian' ? debianVersions : ubuntuVersions;
  const suite = suiteOf(distribution, wanted);
  if (suite === undefined) {
    const known = Object.entries(versions).map(([name, version]) => `${name} (${version})`);
    throw unsupported(text, `Of ${distribution} there are ${known.join(', ')}.`);
  }
  const tags = new Set([wanted, suite, versions[suite] ?? suite]);
  const names = [...tags].map((it) => `docker.io/library/${distribution}:${it}${slim ? '-slim' : ''}`);
  return { distribution, suite, slim, names };
}

/** Whether {@link parseBaseName} takes it. */
export function isBaseName(text: string): boolean {
  try {
    parseBaseName(text);
    return true;
  } catch {
    return false;
  }
}

function suiteOf(distribution: 'debian' | 'ubuntu', tag: string): string | undefined {
  if (distribution === 'debian') {
    if (tag === 'latest') return 'stable';
    if (debianStates.includes(tag)) return tag;
  }
  const versions = distribution === 'debian' ? debianVersions : ubuntuVersions;
  return Object.entries(versions).find(([name, version]) => name === tag || version === tag)?.[0];
}

function unsupported(text: string, hint: string): FirekilnError {
  return new FirekilnError('BASE_UNSUPPORTED', `no base can be made under the name ${text}`, { hint });
}
