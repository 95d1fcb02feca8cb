import { describe, expect, it } from 'vitest';
import { byteStringFromText, textOf } from '../../../../src/base/byte-string.ts';
import { resolveInTree } from '../../../../src/ops/file/resolve.ts';

const links: Readonly<Record<string, string>> = {
  'a/b/up': '../../../../c',
  'a/loopy': '/a/b/up/../x',
  'a/near': 'b/up/../x',
  self: 'self',
};

const resolve = (path: string, followLast = true) =>
  textOf(
    resolveInTree(byteStringFromText(path), {
      readLink: (at) => {
        const target = links[textOf(at)];
        return target === undefined ? undefined : byteStringFromText(target);
      },
      followLast,
    }),
  );

describe('a path is resolved as BuildKit does', () => {
  it.each([
    ['/a/b/up', 'c'],
    ['/a/b/up/f', 'c/f'],
    ['/a/./b/../../../q', 'q'],
    // The target is walked where it ends the path, and cleaned where something follows or it is relative.
    ['/a/loopy', 'x'],
    ['/a/loopy/f', 'a/b/x/f'],
    ['/a/near', 'a/b/x'],
  ])('%s is %s', (path, expected) => {
    expect(resolve(path)).toBe(expected);
  });

  it('the last symlink stands for itself if it is not to be followed', () => {
    expect(resolve('/a/b/up', false)).toBe('a/b/up');
  });

  it('a loop is an error', () => {
    expect(() => resolve('/self/f')).toThrowError(/too many symbolic links/);
  });
});
