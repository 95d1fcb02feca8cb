import type { Descriptor, ImageIndex, Platform } from './image.ts';
import { indexTypes, manifestTypes } from './media-types.ts';
import { formatPlatform, platformRank } from './platform.ts';

/** An entry of an index that may be the wanted image; without a platform it must be looked into. */
export interface IndexCandidate {
  readonly descriptor: Descriptor;
  /** As of platformRank; undefined where the index does not say for what platform the entry is. */
  readonly rank: number | undefined;
}

/** Entries of an index that may serve the platform, best first; attestations and artifacts are left out. */
export function selectManifests(index: ImageIndex, wanted: Platform): readonly IndexCandidate[] {
  const candidates: IndexCandidate[] = [];
  for (const descriptor of index.manifests) {
    if (!indexTypes.includes(descriptor.mediaType) && !manifestTypes.includes(descriptor.mediaType)) continue;
    if (descriptor.annotations?.['vnd.docker.reference.type'] === 'attestation-manifest') continue;
    const { platform } = descriptor;
    // Some tools write an empty platform where they mean none.
    if (platform === undefined || (platform.os === '' && platform.architecture === '')) {
      candidates.push({ descriptor, rank: undefined });
      continue;
    }
    const rank = platformRank(wanted, platform);
    if (rank !== undefined) candidates.push({ descriptor, rank });
  }
  return candidates.sort((a, b) => (a.rank ?? Number.MAX_SAFE_INTEGER) - (b.rank ?? Number.MAX_SAFE_INTEGER));
}

/** The platforms an index offers, for messages. */
export function offeredPlatforms(index: ImageIndex): readonly string[] {
  const names = index.manifests.flatMap(({ platform }) =>
    platform === undefined || platform.os === 'unknown' || platform.os === '' ? [] : [formatPlatform(platform)],
  );
  return [...new Set(names)];
}
