import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FirekilnError } from '../../../../src/base/errors/firekiln-error.ts';
import { runProcess } from '../../../../src/base/process.ts';
import { readDynamicNeeds } from '../../../../src/formats/elf/dynamic-needs.ts';
import { readElf } from '../../../../src/formats/elf/elf.ts';
import { moduleName, readModuleInfo } from '../../../../src/formats/elf/module-info.ts';

const programs = ['/bin/bash', '/usr/bin/env', process.execPath];

describe('readDynamicNeeds agrees with ldd(1)', () => {
  it.each(programs)('%s', async (path) => {
    const needs = readDynamicNeeds(readElf(readFileSync(path), path), path);
    const { stdout } = await runProcess('ldd', { args: [path] });
    const listed = String(stdout);
    expect(needs.libraries.length).toBeGreaterThan(0);
    for (const library of needs.libraries) expect(listed).toContain(library);
    expect(listed).toContain(needs.interpreter);
  });
});

describe('readElf', () => {
  const bash = readFileSync('/bin/bash');

  it('finds the sections by name', () => {
    const names = readElf(bash, 'bash').sections.map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(['.text', '.dynamic', '.interp']));
  });

  it.each([
    ['empty', Buffer.alloc(0)],
    ['text', Buffer.from('#!/bin/sh\n'.repeat(20))],
    ['32 bits', Buffer.concat([Buffer.from([0x7f, 0x45, 0x4c, 0x46, 1, 1, 1]), Buffer.alloc(100)])],
    ['cut off', bash.subarray(0, 100)],
  ])('refuses %s', (_, bytes) => {
    expect(() => readElf(bytes, 'it')).toThrow(expect.objectContaining({ code: 'ELF_INVALID' }));
  });

  it('never throws anything but ELF_INVALID for damaged files', () => {
    const small = Buffer.from(bash.subarray(0, 200_000));
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(4096), fc.nat(255)), { maxLength: 30 }),
        fc.nat(small.length),
        (flips, length) => {
          const bytes = Buffer.from(small.subarray(0, Math.max(length, 64)));
          for (const [at, value] of flips) if (at < bytes.length) bytes[at] = value;
          try {
            const elf = readElf(bytes, 'it');
            readDynamicNeeds(elf, 'it');
            readModuleInfo(elf, 'it');
          } catch (error) {
            expect(error).toBeInstanceOf(FirekilnError);
          }
        },
      ),
    );
  });
});

it('moduleName gives the name of /proc/modules', () => {
  expect(moduleName('kernel/drivers/char/hw_random/virtio-rng.ko.xz')).toBe('virtio_rng');
  expect(moduleName('ext4')).toBe('ext4');
});
