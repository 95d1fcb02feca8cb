import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { sha256 } from '../../../../src/base/digest.ts';
import { runProcess } from '../../../../src/base/process.ts';
import { readElf } from '../../../../src/formats/elf/elf.ts';
import { hasPvhEntry } from '../../../../src/formats/kernel/pvh-entry.ts';
import { withoutSignature } from '../../../../src/setup/kernel/boot-modules.ts';
import { kernelRelease } from '../../../../src/setup/kernel/kernel-release.ts';
import { writeModulesArchive } from '../../../../src/setup/kernel/modules-archive.ts';
import { writeModulesImage } from '../../../../src/setup/kernel/write-modules-image.ts';
import { expectClean, readWithDebugfs } from '../../../support/ext4-judges.ts';
import { useTemporaryFolder } from '../../../support/temporary-folder.ts';
import { describeWithTools } from '../../../support/tools.ts';

describe('kernelRelease', () => {
  it('reads the banner and nothing that only looks like it', () => {
    const text = 'Linux version %s (%s)\0..Linux version 6.1.0-56-cloud-amd64 (debian-kernel@lists.debian.org)';
    expect(kernelRelease(Buffer.from(text), 'k')).toBe('6.1.0-56-cloud-amd64');
    expect(() => kernelRelease(Buffer.from('Linux version'), 'k')).toThrow(/k does not say/);
  });
});

describe('withoutSignature', () => {
  const module = Buffer.from('the module itself');
  const signed = (length: number) => {
    const facts = Buffer.alloc(12);
    facts.writeUInt32BE(length, 8);
    return Buffer.concat([module, Buffer.alloc(256, 1), facts, Buffer.from('~Module signature appended~\n')]);
  };

  it('takes away the signature, and nothing where there is none or its length lies', () => {
    expect(withoutSignature(signed(256))).toEqual(module);
    expect(withoutSignature(module)).toEqual(module);
    expect(withoutSignature(signed(0xffff_ffff))).toEqual(signed(0xffff_ffff));
  });
});

describe('hasPvhEntry', () => {
  /** An ELF file with one PT_NOTE segment. */
  function elf(notes: Buffer): Buffer {
    const head = Buffer.alloc(64 + 56);
    head.write('\x7fELF\x02\x01\x01', 'latin1');
    head.writeBigUInt64LE(64n, 32);
    head.writeUInt16LE(56, 54);
    head.writeUInt16LE(1, 56);
    head.writeUInt32LE(4, 64);
    head.writeBigUInt64LE(120n, 64 + 8);
    head.writeBigUInt64LE(BigInt(notes.length), 64 + 32);
    return Buffer.concat([head, notes]);
  }
  function note(owner: string, type: number, content: Buffer): Buffer {
    const head = Buffer.alloc(12);
    head.writeUInt32LE(owner.length + 1, 0);
    head.writeUInt32LE(content.length, 4);
    head.writeUInt32LE(type, 8);
    const padded = (bytes: Buffer) => Buffer.concat([bytes, Buffer.alloc(-bytes.length & 3)]);
    return Buffer.concat([head, padded(Buffer.from(`${owner}\0`)), padded(content)]);
  }

  it.each([
    [
      'after others',
      [note('GNU', 3, Buffer.alloc(20)), note('Xen', 6, Buffer.from('linux\0')), note('Xen', 18, Buffer.alloc(8))],
      true,
    ],
    ['of another owner', [note('GNU', 18, Buffer.alloc(8))], false],
    ['of another type', [note('Xen', 17, Buffer.alloc(4))], false],
    [
      'behind a length that lies',
      [note('Xen', 1, Buffer.alloc(4)).fill(0xff, 4, 8), note('Xen', 18, Buffer.alloc(8))],
      false,
    ],
  ])('%s', (_, notes, expected) => {
    expect(hasPvhEntry(readElf(elf(Buffer.concat(notes)), 'k'), 'k')).toBe(expected);
  });
});

describe('writeModulesArchive', () => {
  it('lists each module with everything that must be loaded before it, in order', async () => {
    const module = (name: string, ...depends: string[]) => ({ name, depends, bytes: Buffer.from(name) });
    const archive = writeModulesArchive([module('ring'), module('virtio', 'ring'), module('net', 'virtio', 'ring')]);
    const { stdout } = await runProcess('cpio', {
      args: ['-i', '--quiet', '--to-stdout', 'modules/order'],
      stdin: archive,
    });
    expect(String(stdout)).toBe('ring\nvirtio ring\nnet ring virtio\n');
  });
});

describeWithTools(['e2fsck', 'debugfs'], 'the image of the modules', () => {
  const folder = useTemporaryFolder();

  it('holds the folder, owned by root, and is the same each time', async () => {
    const modules = join(folder.path, 'modules');
    await mkdir(join(modules, 'kernel/a'), { recursive: true });
    await writeFile(join(modules, 'kernel/a/one.ko'), Buffer.alloc(300_000, 1), { mode: 0o600 });
    await writeFile(join(modules, 'kernel/a/two.ko'), 'two');
    await writeFile(join(modules, 'modules.dep'), '');
    await symlink('kernel/a', join(modules, 'build'));
    const images = [join(folder.path, 'x.ext4'), join(folder.path, 'y.ext4')] as const;
    for (const image of images) await writeModulesImage(modules, image, { identity: sha256('m') });
    await runProcess('cmp', { args: images });
    await expectClean(images[0]);
    const found = await readWithDebugfs(images[0]);
    expect(found.get('kernel/a/one.ko')).toMatchObject({
      mode: 0o100644,
      uid: 0,
      gid: 0,
      seconds: 0,
      content: sha256(Buffer.alloc(300_000, 1)),
    });
    expect(found.get('build')?.content).toBe('kernel/a');
    expect(found.get('modules.dep')?.size).toBe(0);
  });
});
