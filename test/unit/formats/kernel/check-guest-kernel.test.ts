import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { checkGuestKernel, describeGap } from '../../../../src/formats/kernel/check-guest-kernel.ts';
import { embeddedConfig } from '../../../../src/formats/kernel/embedded-config.ts';
import { kernelNeeds } from '../../../../src/formats/kernel/kernel-needs.ts';

/** An ELF file without tables; 62 is x86-64. */
function elf(content: string | Buffer, machine = 62): Buffer {
  const head = Buffer.alloc(64);
  head.write('\x7fELF\x02\x01\x01', 'latin1');
  head.writeUInt16LE(machine, 18);
  return Buffer.concat([head, Buffer.from(content)]);
}

const withConfig = (text: string) =>
  elf(Buffer.concat([Buffer.from('IKCFG_ST (in a text) IKCFG_ST'), gzipSync(text), Buffer.from('IKCFG_ED')]));
const { appliance } = kernelNeeds;
const allBuiltIn = appliance.map(({ options }) => `${options[0]}=y\n`).join('');

describe('checkGuestKernel', () => {
  it('finds nothing missing in a kernel that has all built in', () => {
    expect(checkGuestKernel(withConfig(allBuiltIn), 'k', 'appliance')).toEqual([]);
  });

  it('names what the configuration lacks, and what is a module', () => {
    const config = allBuiltIn
      .replace('CONFIG_VIRTIO_BLK=y', 'CONFIG_VIRTIO_BLK=m')
      .replace('CONFIG_EXT4_FS=y', '# CONFIG_EXT4_FS is not set')
      .replace('CONFIG_ACPI=y', 'CONFIG_VIRTIO_MMIO_CMDLINE_DEVICES=y');
    const gaps = checkGuestKernel(withConfig(config), 'k', 'in-place');
    expect(gaps.map(({ name, found }) => [name, found])).toEqual([
      ['virtio_blk', 'module'],
      ['ext4', 'absent'],
      ['virtio_net', 'absent'],
    ]);
    expect(gaps.map(describeGap)).toEqual([
      'virtio_blk, for drives, is a module, and must be built in (CONFIG_VIRTIO_BLK=y)',
      'ext4, for the file systems on drives, is missing (CONFIG_EXT4_FS=y)',
      'virtio_net, for the network, is missing (CONFIG_VIRTIO_NET=y)',
    ]);
  });

  it('looks for marks in a kernel without a configuration, and says that it can not tell', () => {
    const [, ...others] = appliance.map(({ marks }) => marks[0]);
    const gaps = checkGuestKernel(elf(others.join('\0')), 'k', 'appliance');
    expect(gaps).toMatchObject([{ name: 'initramfs', found: 'unknown', option: 'CONFIG_BLK_DEV_INITRD' }]);
    expect(gaps.map(describeGap)[0]).toMatch(/^initramfs, for starting the appliance, can't be seen to be built in/);
    expect(checkGuestKernel(elf(''), 'k', 'in-place').every(({ found }) => found === 'unknown')).toBe(true);
  });

  it('refuses a kernel of another machine, and what is no kernel', () => {
    const config = gzipSync(allBuiltIn);
    const arm = elf(Buffer.concat([Buffer.from('IKCFG_ST'), config, Buffer.from('IKCFG_ED')]), 183);
    expect(checkGuestKernel(arm, 'k', 'appliance')).toMatchObject([{ name: 'x86-64', found: 'absent' }]);
    expect(() => checkGuestKernel(Buffer.from('text'), 'k', 'appliance')).toThrow(/k is not a usable ELF file/);
  });
});

describe('embeddedConfig', () => {
  it.each<[string, Buffer]>([
    ['marks without an end', Buffer.from('IKCFG_ST'.repeat(1000))],
    ['something else between the marks', Buffer.from('IKCFG_STnot gzipIKCFG_ED')],
    [
      'a configuration that never ends',
      Buffer.concat([Buffer.from('IKCFG_ST'), gzipSync(Buffer.alloc(64 << 20, 'C')), Buffer.from('IKCFG_ED')]),
    ],
    [
      'a cut one',
      Buffer.concat([Buffer.from('IKCFG_ST'), gzipSync(allBuiltIn).subarray(0, 40), Buffer.from('IKCFG_ED')]),
    ],
  ])('finds none in %s', (_, bytes) => {
    expect(embeddedConfig(bytes)).toBeUndefined();
  });
});
