import fc from 'fast-check';
import { doubtedTimes, maxTime, minTime } from '../../src/formats/ext4/layout/time.ts';
import { type MemoryFile, type MemoryTree, memoryTree } from './memory-tree.ts';

/** One byte of a name: anything but the slash and zero. */
const nameByte = fc.oneof(
  { arbitrary: fc.constantFrom('a', 'b', 'B', '-', '.', '0'), weight: 4 },
  {
    arbitrary: fc
      .integer({ min: 1, max: 255 })
      .map((code) => (code === 0x2f ? '/-' : String.fromCharCode(code)).slice(-1)),
    weight: 1,
  },
);
const name = fc
  .oneof(
    { arbitrary: fc.string({ unit: nameByte, minLength: 1, maxLength: 12 }), weight: 9 },
    { arbitrary: fc.string({ unit: nameByte, minLength: 240, maxLength: 255 }), weight: 1 },
  )
  .filter((text) => text !== '.' && text !== '..');

const uint32 = fc.oneof(fc.nat(70_000), fc.nat(0xffffffff));
const bytes = (maxLength: number) => fc.uint8Array({ maxLength });

const xattrs = fc.dictionary(
  fc.oneof(
    fc.constantFrom('user.a', 'user.bc', 'security.capability', 'trusted.overlay.opaque'),
    fc.string({ unit: fc.constantFrom('x', 'y', 'z'), minLength: 1, maxLength: 60 }).map((text) => `user.${text}`),
  ),
  fc.oneof(
    { arbitrary: bytes(40), weight: 8 },
    { arbitrary: bytes(3000), weight: 1 },
    { arbitrary: bytes(9000), weight: 1 },
  ),
  { maxKeys: 5 },
);

const meta = fc.record({
  mode: fc.nat(0o7777),
  uid: uint32,
  gid: uint32,
  seconds: fc.oneof(
    fc.integer({ min: 0, max: 2e9 }),
    fc.integer({ min: minTime, max: doubtedTimes.from - 1 }),
    fc.integer({ min: doubtedTimes.to, max: maxTime }),
  ),
  nanoseconds: fc.nat(999_999_999),
  xattrs,
});

const sparse = fc
  .array(fc.record({ gap: fc.nat(300_000), bytes: fc.uint8Array({ minLength: 1, maxLength: 9000 }) }), { maxLength: 8 })
  .chain((stretches) => {
    let at = 0;
    const pieces = stretches.map((stretch) => {
      const piece = { at: at + stretch.gap, bytes: stretch.bytes };
      at = piece.at + piece.bytes.length;
      return piece;
    });
    return fc.nat(20_000).map((rest) => ({ pieces, size: at + rest }));
  });

const shape: fc.Arbitrary<Partial<MemoryFile>> = fc.oneof(
  { arbitrary: fc.constant({ kind: 'directory' as const }), weight: 4 },
  { arbitrary: bytes(9000).map((content) => ({ kind: 'file' as const, content })), weight: 4 },
  { arbitrary: sparse.map((file) => ({ kind: 'file' as const, ...file })), weight: 2 },
  {
    arbitrary: fc
      .string({ unit: nameByte, minLength: 1, maxLength: 120 })
      .map((target) => ({ kind: 'symlink' as const, target })),
    weight: 2,
  },
  {
    arbitrary: fc.record({
      kind: fc.constantFrom('character' as const, 'block' as const),
      major: fc.nat(0xfff),
      minor: fc.nat(0xfffff),
    }),
    weight: 1,
  },
  { arbitrary: fc.constantFrom({ kind: 'fifo' as const }, { kind: 'socket' as const }), weight: 1 },
);

/** Files by path: each drawn file goes below one of the folders drawn before it. */
export const anyFiles: fc.Arbitrary<MemoryFile[]> = fc
  .array(fc.record({ parent: fc.nat(), name, shape, meta, link: fc.nat(9) }), { maxLength: 40 })
  .map((drawn) => {
    const folders = [''];
    const linkable: string[] = [];
    const files = new Map<string, MemoryFile>();
    for (const { parent, name: own, shape: what, meta: with_, link } of drawn) {
      const folder = folders[parent % folders.length] ?? '';
      const path = folder === '' ? own : `${folder}/${own}`;
      if (files.has(path)) continue;
      const target = linkable[parent % Math.max(linkable.length, 1)];
      if (link === 0 && target !== undefined) {
        files.set(path, { path, linkTo: target });
        continue;
      }
      files.set(path, { path, ...with_, ...what });
      if (what.kind === 'directory') folders.push(path);
      else linkable.push(path);
    }
    return [...files.values()];
  });

export const anyTree: fc.Arbitrary<MemoryTree> = anyFiles.map((files) => memoryTree(files));
