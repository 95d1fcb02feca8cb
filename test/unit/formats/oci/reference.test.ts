import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { familiarName } from '../../../../src/formats/oci/familiar-name.ts';
import { folderName } from '../../../../src/formats/oci/folder-name.ts';
import {
  canonicalName,
  formatReference,
  type ImageReference,
  parseReference,
} from '../../../../src/formats/oci/reference.ts';
import { anyReference } from '../../../support/any-reference.ts';

const hex = 'a'.repeat(64);

describe('parseReference', () => {
  it.each([
    ['debian', 'docker.io/library/debian'],
    ['debian:bookworm', 'docker.io/library/debian:bookworm'],
    ['docker.io/debian', 'docker.io/library/debian'],
    ['index.docker.io/debian', 'docker.io/library/debian'],
    ['library/debian', 'docker.io/library/debian'],
    ['org/app:1', 'docker.io/org/app:1'],
    ['localhost/app', 'localhost/app'],
    ['localhost:5000/app:1', 'localhost:5000/app:1'],
    ['LOCALHOST/app', 'LOCALHOST/app'],
    ['ghcr.io/org/app', 'ghcr.io/org/app'],
    ['[::1]:5000/app', '[::1]:5000/app'],
    ['a__b/c--d.e', 'docker.io/a__b/c--d.e'],
    [`app@sha256:${hex}`, `docker.io/library/app@sha256:${hex}`],
    [`app:1@sha256:${hex}`, `docker.io/library/app:1@sha256:${hex}`],
    ['app:_-.', 'docker.io/library/app:_-.'],
    ['Uppercase/lowercase', 'Uppercase/lowercase'],
  ])('%s is %s', (text, normal) => {
    expect(formatReference(parseReference(text))).toBe(normal);
  });

  it.each([
    ['', /empty/],
    ['App', /lower-case/],
    ['org/App', /lower-case/],
    ['app:', /tag/],
    ['app:-x', /tag/],
    [`app:${'x'.repeat(129)}`, /tag/],
    ['app@sha256:abc', /64 lower-case/],
    [`app@sha512:${'a'.repeat(128)}`, /sha256/],
    [hex, /id/],
    ['a_.b', /lower-case letters/],
    ['a___b', /lower-case letters/],
    ['-a', /lower-case letters/],
    ['a//b', /lower-case letters/],
    ['/a', /lower-case letters/],
    ['a/', /lower-case letters/],
    ['a/../b', /lower-case letters/],
    ['exa_mple.com/a', /host/],
    ['host:port/a', /host/],
    ['app:1:2', /stands before the tag/],
    ['a'.repeat(256), /longer/],
    ['a b', /lower-case letters/],
    ['app\n', /lower-case letters/],
    ['app:1\n', /tag/],
  ])('refuses %j', (text, why) => {
    expect(() => parseReference(text)).toThrow(why);
  });

  it('reads back what it wrote', () => {
    fc.assert(
      fc.property(anyReference(), (reference) => {
        expect(parseReference(formatReference(reference))).toEqual(reference);
        expect(parseReference(familiarName(reference))).toEqual(reference);
      }),
    );
  });

  it('accepts or refuses any text, in linear time', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ maxLength: 2000 }),
          fc.string({ unit: fc.constantFrom(...Array.from('ab-_.:/@[]A0')), maxLength: 1200 }),
        ),
        (text) => {
          let reference: ImageReference;
          try {
            reference = parseReference(text);
          } catch (error) {
            expect(error).toMatchObject({ code: 'REFERENCE_INVALID' });
            return;
          }
          expect(parseReference(formatReference(reference))).toEqual(reference);
        },
      ),
    );
  });
});

describe('names', () => {
  it.each([
    ['debian', 'debian'],
    ['docker.io/library/debian:latest', 'debian:latest'],
    ['docker.io/org/app', 'org/app'],
    ['docker.io/foo.bar/app', 'docker.io/foo.bar/app'],
    ['quay.io/library/x', 'quay.io/library/x'],
  ])('the familiar form of %s is %s', (text, familiar) => {
    expect(familiarName(parseReference(text))).toBe(familiar);
  });

  it.each([
    ['debian', '_/debian/latest'],
    ['debian:bookworm', '_/debian/bookworm'],
    ['tests/consul:1.9.3', 'tests/consul/1.9.3'],
    ['ghcr.io/org/app:2', 'ghcr.io/org/app/2'],
  ])('the folder of %s is %s', (text, folder) => {
    expect(folderName(parseReference(text))).toBe(folder);
  });

  it('no folder leaves its root', () => {
    fc.assert(
      fc.property(anyReference(), (reference) => {
        fc.pre(reference.digest === undefined || reference.tag !== undefined);
        expect(folderName(reference).split('/')).not.toContain('..');
        expect(folderName(reference)).not.toMatch(/^\/|\/\/|\/$|(^|\/)\.(\/|$)/);
      }),
    );
  });

  it('an image by digest alone has no folder', () => {
    expect(() => folderName(parseReference(`app@sha256:${hex}`))).toThrow(/no tag/);
  });

  it('latest is the default', () => {
    expect(canonicalName('debian')).toBe('docker.io/library/debian:latest');
    expect(canonicalName(`debian@sha256:${hex}`)).toBe(`docker.io/library/debian@sha256:${hex}`);
  });
});
