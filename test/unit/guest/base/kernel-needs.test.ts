import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { readKernelFacts } from '../../../../src/formats/kernel/kernel-facts.ts';
import { gapsForAppliance, known } from '../../../../src/guest/base/kernel-needs.ts';

/** An ELF file for x86-64 that holds the given texts and nothing else of a kernel. */
function kernelOf(texts: readonly string[]): Buffer {
  const elf = Buffer.alloc(64);
  Buffer.from([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]).copy(elf);
  elf.writeUInt16LE(2, 16);
  elf.writeUInt16LE(62, 18);
  elf.writeUInt32LE(1, 20);
  elf.writeUInt16LE(64, 52);
  return Buffer.concat([elf, Buffer.from(`\0${texts.join('\0')}\0`, 'latin1')]);
}

const virtual = [
  'virtio-mmio',
  'ACPI: Core revision',
  'virtio_blk',
  'ext4_inode_cache',
  'devtmpfs: initialized',
  'serial8250',
];

describe('what a kernel needs to boot a base', () => {
  it('tells its release and what is not seen in it', () => {
    const facts = readKernelFacts(kernelOf(['Linux version 5.8.0 (me) ', ...virtual]), 'k');
    expect(facts.release).toBe('5.8.0');
    expect(gapsForAppliance(facts, 'vsock').map(({ option }) => option)).toEqual([
      'CONFIG_BLK_DEV_INITRD',
      'CONFIG_VIRTIO_VSOCKETS',
    ]);
    expect(facts.gaps['in-place'].map(({ option }) => option)).toEqual(['CONFIG_VIRTIO_NET', 'CONFIG_IP_PNP']);
    expect(known(facts.gaps['in-place'])).toEqual([]);
  });

  it('tells what only some VMMs ask for', () => {
    const config = gzipSync('CONFIG_ACPI=y\n# CONFIG_PCI is not set\n').toString('latin1');
    const { gaps } = readKernelFacts(kernelOf([`IKCFG_ST${config}IKCFG_ED`]), 'k');
    expect(gaps.acpi).toMatchObject([{ option: 'CONFIG_PCI', found: 'absent' }]);
    expect(gaps.pvh).toMatchObject([{ option: 'CONFIG_PVH', found: 'absent' }]);
  });

  it('asks for the control channel of the VMM only', () => {
    const initrd = 'unpack rootfs image as initramfs';
    const facts = readKernelFacts(kernelOf([...virtual, initrd, 'virtio_console']), 'k');
    expect(gapsForAppliance(facts, 'virtio-serial')).toEqual([]);
    expect(gapsForAppliance(facts, 'vsock')).toMatchObject([{ option: 'CONFIG_VIRTIO_VSOCKETS', found: 'unknown' }]);
  });
});
