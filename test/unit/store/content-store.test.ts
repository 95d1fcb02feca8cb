import { chmod, open, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hexOf } from '../../../src/base/digest.ts';
import { openStore } from '../../../src/store/open-store.ts';
import { digestOf, inChunks, someBytes } from '../../support/bytes.ts';
import { useTemporaryFolder } from '../../support/temporary-folder.ts';

const folder = useTemporaryFolder();
const chunk = 64 * 1024;
const sizes = [0, 1, 511, chunk - 1, chunk, chunk + 1, 3 * chunk, 5 * chunk + 17, 3 * 1024 * 1024 + 5];

describe('content store', () => {
  it.each(sizes)('gives back %i bytes as they were put', async (size) => {
    await using store = await openStore({ dataDir: folder.path });
    const data = someBytes(size);
    const info = await store.content.put(inChunks(data, 10_000));
    expect(info).toEqual({ digest: digestOf(data), size });
    expect(await store.content.has(info.digest)).toEqual(info);
    expect(await store.content.readAll(info.digest, size)).toEqual(data);
    const streamed: Uint8Array[] = [];
    for await (const part of store.content.stream(info.digest)) streamed.push(part);
    expect(Buffer.concat(streamed).equals(data)).toBe(true);
    await store.content.verify(info.digest);
    using blob = await store.content.open(info.digest);
    expect((await readFile(blob.path)).equals(data)).toBe(true);
    expect((await stat(blob.path)).mode & 0o777).toBe(0o444);
  });

  it('reads any stretch like the bytes themselves', async () => {
    await using store = await openStore({ dataDir: folder.path });
    const data = someBytes(7 * chunk + 123);
    const { digest } = await store.content.put([data]);
    using blob = await store.content.open(digest);
    fc.assert(
      fc.property(fc.nat(data.length + 10), fc.oneof(fc.nat(300), fc.nat(4 * chunk)), (position, length) => {
        const target = Buffer.alloc(length);
        const count = blob.read(target, position);
        expect(count).toBe(Math.max(0, Math.min(length, data.length - position)));
        expect(target.subarray(0, count).equals(data.subarray(position, position + count))).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  it('lets the producer reuse its chunk', async () => {
    await using store = await openStore({ dataDir: folder.path });
    const data = someBytes(3 * 1024 * 1024);
    async function* reusing() {
      const buffer = Buffer.alloc(50_000);
      for (const part of inChunks(data, buffer.length)) {
        buffer.set(part);
        yield buffer.subarray(0, part.length);
        buffer.fill(0);
      }
    }
    const { digest } = await store.content.put(reusing(), { expected: digestOf(data) });
    await store.content.verify(digest);
  });

  it('refuses another digest or size, and keeps nothing', async () => {
    await using store = await openStore({ dataDir: folder.path });
    const data = someBytes(200_000);
    const put = store.content.put.bind(store.content);
    const from = 'http://registry/blob';
    await expect(put([data], { expected: digestOf('other'), from })).rejects.toMatchObject({
      code: 'DIGEST_MISMATCH',
      message: expect.stringContaining(from),
    });
    await expect(put([data], { expectedSize: 200_001 })).rejects.toMatchObject({ code: 'SIZE_MISMATCH' });
    let asked = 0;
    function* endless() {
      for (;;) {
        asked++;
        yield data;
      }
    }
    await expect(put(endless(), { expectedSize: 500_000 })).rejects.toMatchObject({ code: 'SIZE_MISMATCH' });
    expect(asked).toBe(3);
    expect(await store.content.list()).toEqual([]);
    expect(await filesBelow(store.root, 'sessions')).toEqual([]);
  });

  it('keeps nothing of what fails or is aborted in the middle', async () => {
    await using store = await openStore({ dataDir: folder.path });
    async function* failing() {
      yield someBytes(3_000_000);
      throw new Error('connection reset');
    }
    await expect(store.content.put(failing())).rejects.toThrow('connection reset');
    const controller = new AbortController();
    async function* aborted() {
      yield someBytes(3_000_000);
      controller.abort();
      yield someBytes(10);
    }
    await expect(store.content.put(aborted(), { signal: controller.signal })).rejects.toMatchObject({
      code: 'ABORTED',
    });
    expect(await store.content.list()).toEqual([]);
    expect(await filesBelow(store.root, 'sessions')).toEqual([]);
  });

  it('names what is missing', async () => {
    await using store = await openStore({ dataDir: folder.path });
    const digest = digestOf('never put');
    expect(await store.content.has(digest)).toBeUndefined();
    await expect(store.content.open(digest)).rejects.toMatchObject({
      code: 'BLOB_MISSING',
      message: expect.stringContaining(digest),
    });
  });

  it('does not read more than it was allowed to', async () => {
    await using store = await openStore({ dataDir: folder.path });
    const { digest } = await store.content.put([someBytes(1000)]);
    await expect(store.content.readAll(digest, 999)).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' });
  });
});

describe('damaged blobs', () => {
  it.each([
    { size: 1000, at: 500 },
    { size: 5 * chunk + 17, at: 0 },
    { size: 5 * chunk + 17, at: 2 * chunk + 9 },
    { size: 5 * chunk + 17, at: 5 * chunk + 16 },
  ])('a flipped bit at $at of $size is found when it is read, and named', async ({ size, at }) => {
    await using store = await openStore({ dataDir: folder.path });
    const data = someBytes(size);
    const { digest } = await store.content.put([data]);
    const path = join(store.root, 'blobs/sha256', hexOf(digest));
    await flipBit(path, at);
    const expected = {
      code: 'BLOB_CORRUPT',
      message: expect.stringMatching(new RegExp(`${digest}.*offset ${Math.floor(at / chunk) * chunk}:`)),
    };
    await expect(readPart(store.content, digest, at)).rejects.toMatchObject(expected);
    // From then on it counts as missing, and says why.
    expect(await store.content.has(digest)).toBeUndefined();
    await expect(store.content.open(digest)).rejects.toMatchObject({ code: 'BLOB_CORRUPT' });
    // Putting it again heals it.
    await store.content.put([data]);
    await store.content.verify(digest);
    expect(await filesBelow(store.root, 'damaged')).toEqual([]);
  });

  it('sound chunks beside a damaged one can be read', async () => {
    await using store = await openStore({ dataDir: folder.path });
    const data = someBytes(5 * chunk);
    const { digest } = await store.content.put([data]);
    using blob = await store.content.open(digest);
    await flipBit(blob.path, 2 * chunk);
    const target = Buffer.alloc(2 * chunk);
    expect(blob.read(target, 0)).toBe(target.length);
    expect(blob.read(target, 3 * chunk)).toBe(target.length);
    expect(() => blob.read(target, chunk)).toThrow(/offset 131072/);
  });

  it.each([0, 1, 1000, chunk, 3 * chunk])('a blob cut to %i bytes is found when it is opened', async (length) => {
    await using store = await openStore({ dataDir: folder.path });
    const data = someBytes(5 * chunk + 17);
    const { digest } = await store.content.put([data]);
    await cut(join(store.root, 'blobs/sha256', hexOf(digest)), length);
    await expect(store.content.open(digest)).rejects.toMatchObject({
      code: 'BLOB_CORRUPT',
      message: expect.stringContaining(`offset ${length}: the file has ${length} bytes instead of ${data.length}`),
    });
  });

  it('a blob cut while it is open is found by the read', async () => {
    await using store = await openStore({ dataDir: folder.path });
    const { digest } = await store.content.put([someBytes(5 * chunk)]);
    using blob = await store.content.open(digest);
    await cut(blob.path, 3 * chunk + 5);
    expect(() => blob.read(Buffer.alloc(5 * chunk), 0)).toThrow(/offset 196613: the file ends here/);
  });

  it.each([0, 1, 30])('a small blob cut to %i bytes is found when it is opened', async (length) => {
    await using store = await openStore({ dataDir: folder.path });
    const { digest } = await store.content.put([someBytes(31)]);
    await cut(join(store.root, 'blobs/sha256', hexOf(digest)), length);
    await expect(store.content.open(digest)).rejects.toMatchObject({ code: 'BLOB_CORRUPT' });
  });

  it('lost or damaged sums are made again from a sound blob', async () => {
    await using store = await openStore({ dataDir: folder.path });
    const data = someBytes(5 * chunk);
    const { digest } = await store.content.put([data]);
    const sums = join(store.root, 'sums', hexOf(digest));
    const before = await readFile(sums);
    await flipBit(sums, 60);
    await readPart(store.content, digest, 0);
    expect((await readFile(sums)).equals(before)).toBe(true);
    await rm(sums);
    await readPart(store.content, digest, 0);
    expect((await readFile(sums)).equals(before)).toBe(true);
  });

  it('a damaged blob without sums is found too', async () => {
    await using store = await openStore({ dataDir: folder.path });
    const { digest } = await store.content.put([someBytes(5 * chunk)]);
    await rm(join(store.root, 'sums', hexOf(digest)));
    await flipBit(join(store.root, 'blobs/sha256', hexOf(digest)), 3 * chunk);
    await expect(store.content.open(digest)).rejects.toMatchObject({ code: 'BLOB_CORRUPT' });
  });

  it('any bytes in the place of the sums are no way around the check', async () => {
    await using store = await openStore({ dataDir: folder.path });
    const data = someBytes(3 * chunk + 1);
    const { digest } = await store.content.put([data]);
    const sums = join(store.root, 'sums', hexOf(digest));
    const good = await readFile(sums);
    const mutation = fc.oneof(
      fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
      fc.tuple(fc.nat(good.length - 1), fc.integer({ min: 1, max: 255 })).map(([at, mask]) => {
        const bytes = Buffer.from(good);
        bytes[at] = (bytes[at] ?? 0) ^ mask;
        return bytes;
      }),
      fc.nat(good.length).map((length) => Buffer.from(good.subarray(0, length))),
    );
    await fc.assert(
      fc.asyncProperty(mutation, async (bytes) => {
        await chmod(sums, 0o600);
        await writeFile(sums, bytes);
        expect((await store.content.readAll(digest, data.length)).equals(data)).toBe(true);
      }),
      { numRuns: 60 },
    );
  });

  it('verify brings back what was set aside though it is sound', async () => {
    await using store = await openStore({ dataDir: folder.path });
    const data = someBytes(3 * chunk);
    const { digest } = await store.content.put([data]);
    const path = join(store.root, 'blobs/sha256', hexOf(digest));
    await flipBit(path, 100);
    await expect(readPart(store.content, digest, 0)).rejects.toMatchObject({ code: 'BLOB_CORRUPT' });
    await expect(store.content.verify(digest)).rejects.toMatchObject({ code: 'BLOB_CORRUPT' });
    await flipBit(join(store.root, 'damaged', hexOf(digest)), 100);
    await store.content.verify(digest);
    expect((await store.content.readAll(digest, data.length)).equals(data)).toBe(true);
  });
});

async function readPart(
  content: Awaited<ReturnType<typeof openStore>>['content'],
  digest: `sha256:${string}`,
  at: number,
): Promise<void> {
  using blob = await content.open(digest);
  blob.read(Buffer.alloc(10), at);
}

async function flipBit(path: string, at: number): Promise<void> {
  await chmod(path, 0o600);
  const file = await open(path, 'r+');
  try {
    const byte = Buffer.alloc(1);
    await file.read(byte, 0, 1, at);
    byte[0] = (byte[0] ?? 0) ^ 0x10;
    await file.write(byte, 0, 1, at);
  } finally {
    await file.close();
  }
}

async function filesBelow(root: string, name: string): Promise<string[]> {
  const entries = await readdir(join(root, name), { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile() && !entry.name.endsWith('.lock')).map((entry) => entry.name);
}

/** Blobs are read-only files, which only root may cut as they are. */
async function cut(path: string, length: number): Promise<void> {
  await chmod(path, 0o600);
  await truncate(path, length);
}
