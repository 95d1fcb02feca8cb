import { describe, expect, it } from 'vitest';
import { aptLines } from '../../../src/images/bases/apt-mirrors.ts';
import { parseBaseName } from '../../../src/images/bases/base-name.ts';

describe('names of bases', () => {
  it.each([
    ['debian:bookworm', 'bookworm', ['debian:bookworm', 'debian:12']],
    ['debian:12', 'bookworm', ['debian:12', 'debian:bookworm']],
    ['docker.io/library/debian:trixie-slim', 'trixie', ['debian:trixie-slim', 'debian:13-slim']],
    ['debian', 'stable', ['debian:latest', 'debian:stable']],
    ['ubuntu:24.04', 'noble', ['ubuntu:24.04', 'ubuntu:noble']],
  ])('%s is %s under all its names', (name, suite, names) => {
    const base = parseBaseName(name);
    expect(base).toMatchObject({ suite, slim: name.endsWith('-slim') });
    expect(base.names).toEqual(names.map((it) => `docker.io/library/${it}`));
  });

  it.each([
    'alpine:3',
    'org/debian:bookworm',
    'debian:nosuch',
    'ubuntu:latest',
    'ubuntu:noble-slim',
    'quay.io/debian:12',
  ])('%s is refused', (name) => {
    expect(() => parseBaseName(name)).toThrow(expect.objectContaining({ code: 'BASE_UNSUPPORTED' }));
  });

  it('take the packages from the mirror that is named', async () => {
    const { lines } = await aptLines(parseBaseName('debian:sid'), { mirror: 'http://mirror.example/debian' });
    expect(lines).toEqual([
      expect.stringMatching(/^deb (?:\[signed-by=\S+\] )?http:\/\/mirror\.example\/debian sid main$/),
    ]);
  });
});
