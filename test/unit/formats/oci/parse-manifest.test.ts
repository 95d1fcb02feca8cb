import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FirekilnError } from '../../../../src/base/errors/firekiln-error.ts';
import { parseImageConfig } from '../../../../src/formats/oci/parse-config.ts';
import { parseManifestDocument } from '../../../../src/formats/oci/parse-manifest.ts';

const digest = `sha256:${'a'.repeat(64)}` as const;
const config = { mediaType: 'application/vnd.oci.image.config.v1+json', digest, size: 2 };
const layer = { mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip', digest, size: 3 };
const manifest = { schemaVersion: 2, config, layers: [layer] };
const index = {
  schemaVersion: 2,
  manifests: [{ mediaType: 'application/vnd.oci.image.manifest.v1+json', digest, size: 9 }],
};

const bytes = (value: unknown) => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value));
const parse = (value: unknown, claimedType?: string) =>
  parseManifestDocument(bytes(value), { subject: 'manifest of app:1', claimedType });

describe('parseManifestDocument', () => {
  it('reads a manifest without a type of its own', () => {
    expect(parse(manifest)).toEqual({
      kind: 'manifest',
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      manifest,
    });
  });

  it('takes the type that the place claims', () => {
    const type = 'application/vnd.docker.distribution.manifest.v2+json';
    expect(parse(manifest, `${type}; charset=utf-8`).mediaType).toBe(type);
    expect(parse(manifest, 'text/plain').mediaType).toBe('application/vnd.oci.image.manifest.v1+json');
  });

  it('reads an index with what Go writes for nothing', () => {
    expect(parse({ ...index, annotations: null })).toMatchObject({ kind: 'index', index });
    expect(parse({ ...manifest, layers: null })).toMatchObject({ manifest: { layers: [] } });
  });

  it.each([
    ['<!DOCTYPE html>', 'OCI_INVALID', /manifest of app:1: not JSON, it starts with "<!DOCTYPE html>"/],
    ['', 'OCI_INVALID', /not JSON/],
    [[], 'OCI_INVALID', /it is a list, not an object/],
    [null, 'OCI_INVALID', /it is missing/],
    [{ ...manifest, manifests: [] }, 'OCI_INVALID', /both/],
    [{ ...manifest, schemaVersion: 3 }, 'OCI_INVALID', /schemaVersion is 3/],
    [{ schemaVersion: 1, name: 'x', fsLayers: [] }, 'OCI_UNSUPPORTED', /schema 1/],
    [{ ...manifest, mediaType: index.manifests[0]?.mediaType.replace('manifest', 'index') }, 'OCI_INVALID', /both/],
    [{ ...manifest, mediaType: 'application/x' }, 'OCI_INVALID', /mediaType is "application\/x"/],
    [{ ...manifest, layers: [{ ...layer, size: -1 }] }, 'OCI_INVALID', /layers\[0\]\.size is -1/],
    [{ ...manifest, layers: [{ ...layer, size: 1e300 }] }, 'OCI_INVALID', /layers\[0\]\.size/],
    [{ ...manifest, layers: [layer, { ...layer, digest: 'sha256:zz' }] }, 'OCI_INVALID', /layers\[1\]\.digest/],
    [{ ...manifest, layers: [{ ...layer, digest: '../../etc' }] }, 'OCI_INVALID', /layers\[0\]\.digest/],
    [
      { ...manifest, config: { ...config, mediaType: 'application/vnd.cncf.helm.config.v1+json' } },
      'OCI_UNSUPPORTED',
      /helm/,
    ],
    [{ ...manifest, layers: Array.from({ length: 1025 }, () => layer) }, 'LIMIT_EXCEEDED', /1025 items/],
    ['['.repeat(1 << 20), 'OCI_INVALID', /not JSON/],
    [`${'['.repeat(1 << 20)}${']'.repeat(1 << 20)}`, 'OCI_INVALID', /not/],
    [' '.repeat((4 << 20) + 1), 'LIMIT_EXCEEDED', /4194305 bytes/],
    [Buffer.from([0x7b, 0xff, 0x7d]).toString('latin1'), 'OCI_INVALID', /not JSON/],
  ])('refuses %#', (value, code, message) => {
    expect(() => parse(value)).toThrow(expect.objectContaining({ code, message: expect.stringMatching(message) }));
  });

  it('refuses a manifest that is offered as an index', () => {
    expect(() =>
      parse(
        { ...manifest, mediaType: 'application/vnd.oci.image.manifest.v1+json' },
        'application/vnd.oci.image.index.v1+json',
      ),
    ).toThrow(/offered as/);
  });

  it('gives an error of ours for any JSON', () => {
    const wild = fc.oneof(
      fc.json(),
      fc
        .record({ schemaVersion: fc.constantFrom(2, 1, '2'), config: mixed(config), layers: fc.array(mixed(layer)) })
        .map((it) => JSON.stringify(it)),
      fc
        .record({ schemaVersion: fc.constant(2), manifests: fc.array(mixed(index.manifests[0])) })
        .map((it) => JSON.stringify(it)),
    );
    fc.assert(fc.property(wild, (text) => survives(() => parse(text))));
  });
});

describe('parseImageConfig', () => {
  const read = (value: unknown) => parseImageConfig(bytes(value), 'config of app:1');
  const minimal = { os: 'linux', architecture: 'amd64', rootfs: { type: 'layers', diff_ids: [digest] } };

  it('keeps what Docker and OCI define and nothing else', () => {
    const full = {
      ...minimal,
      created: '2020-01-01T00:00:00Z',
      config: {
        Env: ['A=b'],
        Cmd: ['sh'],
        ExposedPorts: { '80/tcp': {} },
        Volumes: { '/data': {} },
        Labels: { a: 'b' },
        OnBuild: ['RUN x'],
        Healthcheck: { Test: ['CMD', 'x'], Interval: 30_000_000_000, Retries: 3 },
        Shell: ['/bin/sh', '-c'],
        StopSignal: 'SIGINT',
      },
      history: [{ created_by: 'x', empty_layer: true }],
    };
    expect(read({ ...full, container: 'abc', docker_version: '1' })).toEqual(full);
  });

  it('reads the nulls of Go as nothing', () => {
    expect(read({ ...minimal, config: { Env: null, Volumes: null, Labels: null }, history: null })).toEqual({
      ...minimal,
      config: {},
    });
  });

  it.each([
    [{ ...minimal, os: 'windows' }, 'OCI_UNSUPPORTED'],
    [{ ...minimal, rootfs: { type: 'x' } }, 'OCI_INVALID'],
    [{ ...minimal, rootfs: { type: 'layers', diff_ids: ['x'] } }, 'OCI_INVALID'],
    [{ ...minimal, config: { Env: 'A=b' } }, 'OCI_INVALID'],
    [{ ...minimal, config: { Env: [1] } }, 'OCI_INVALID'],
    [{}, 'OCI_INVALID'],
  ])('refuses %j', (value, code) => {
    expect(() => read(value)).toThrow(expect.objectContaining({ code }));
  });

  it('gives an error of ours for any JSON', () => {
    const wild = fc.record({
      os: fc.constant('linux'),
      architecture: fc.string(),
      rootfs: mixed(minimal.rootfs),
      config: fc.jsonValue(),
      history: fc.jsonValue(),
    });
    fc.assert(fc.property(wild, (value) => survives(() => read(value))));
  });
});

/** A well-formed value, or one with a member replaced. */
function mixed(value: object | undefined): fc.Arbitrary<unknown> {
  return fc.oneof(
    fc.constant(value),
    fc
      .tuple(fc.constantFrom(...Object.keys(value ?? {})), fc.jsonValue())
      .map(([key, other]) => ({ ...value, [key]: other })),
  );
}

function survives(work: () => unknown): void {
  try {
    work();
  } catch (error) {
    expect(error).toBeInstanceOf(FirekilnError);
  }
}
