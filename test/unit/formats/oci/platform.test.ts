import { describe, expect, it } from 'vitest';
import type { Descriptor, ImageIndex } from '../../../../src/formats/oci/image.ts';
import { formatPlatform, parsePlatform, platformRank } from '../../../../src/formats/oci/platform.ts';
import { offeredPlatforms, selectManifests } from '../../../../src/formats/oci/select-manifest.ts';

describe('platforms', () => {
  it.each([
    ['linux/x86_64', 'linux/amd64'],
    ['linux/amd64/v1', 'linux/amd64'],
    ['linux/amd64/v3', 'linux/amd64/v3'],
    ['linux/aarch64', 'linux/arm64'],
    ['linux/arm64/v8', 'linux/arm64'],
    ['linux/arm64/8', 'linux/arm64'],
    ['linux/arm', 'linux/arm/v7'],
    ['linux/armhf', 'linux/arm/v7'],
    ['linux/armel', 'linux/arm/v6'],
    ['arm64', 'linux/arm64'],
    ['Linux/AMD64', 'linux/amd64'],
    ['linux/riscv64', 'linux/riscv64'],
  ])('%s is %s', (text, normal) => {
    expect(formatPlatform(parsePlatform(text))).toBe(normal);
  });

  it.each(['', '/', 'linux/', 'linux/a/b/c', 'linux/a b'])('%j is none', (text) => {
    expect(() => parsePlatform(text)).toThrow(expect.objectContaining({ code: 'PLATFORM_INVALID' }));
  });

  it.each([
    ['linux/amd64', 'linux/amd64', 0],
    ['linux/amd64', 'linux/386', 1],
    ['linux/amd64', 'linux/amd64/v2', undefined],
    ['linux/amd64/v3', 'linux/amd64/v2', 1],
    ['linux/amd64/v3', 'linux/amd64', 2],
    ['linux/arm/v7', 'linux/arm/v5', 2],
    ['linux/arm/v6', 'linux/arm/v7', undefined],
    ['linux/arm64', 'linux/arm64/v8', 0],
    ['linux/arm64', 'linux/arm/v7', 2],
    ['linux/amd64', 'windows/amd64', undefined],
    ['linux/s390x', 'linux/s390x', 0],
  ])('where %s is wanted, %s has rank %s', (wanted, offered, rank) => {
    expect(platformRank(parsePlatform(wanted), parsePlatform(offered))).toBe(rank);
  });
});

describe('selectManifests', () => {
  const entry = (platform: string | undefined, more: Partial<Descriptor> = {}): Descriptor => ({
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    digest: `sha256:${'a'.repeat(64)}`,
    size: 1,
    ...(platform === undefined ? {} : { platform: parsePlatform(platform) }),
    ...more,
  });
  const index = (...manifests: Descriptor[]): ImageIndex => ({ schemaVersion: 2, manifests });
  const wanted = parsePlatform('linux/amd64');

  it('the exact platform comes before one that also runs, and before those that do not say', () => {
    const all = index(entry(undefined), entry('linux/386'), entry('linux/arm64'), entry('linux/amd64'));
    const found = selectManifests(all, wanted).map(({ descriptor }) => descriptor.platform?.architecture);
    expect(found).toEqual(['amd64', '386', undefined]);
  });

  it('attestations and artifacts are left out', () => {
    const attestation = entry('linux/amd64', { annotations: { 'vnd.docker.reference.type': 'attestation-manifest' } });
    const artifact = entry('linux/amd64', { mediaType: 'application/vnd.example' });
    expect(selectManifests(index(attestation, artifact, entry('unknown/unknown')), wanted)).toEqual([]);
    expect(offeredPlatforms(index(entry('unknown/unknown'), entry('linux/arm64'), entry('linux/arm64')))).toEqual([
      'linux/arm64',
    ]);
  });
});
