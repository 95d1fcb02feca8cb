import { readFile } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';
import { beforeAll, expect, it } from 'vitest';
import { checkGuestKernel } from '../../../src/formats/kernel/check-guest-kernel.ts';
import { type KernelConfig, parseKernelConfig } from '../../../src/formats/kernel/embedded-config.ts';
import { kernelNeeds } from '../../../src/formats/kernel/kernel-needs.ts';
import { unpackKernel } from '../../../src/formats/kernel/unpack-kernel.ts';
import { debianKernel } from '../../support/guest-kernel/debian-kernel.ts';

let vmlinux: Buffer;
let config: KernelConfig;
let configText: Buffer;

beforeAll(async () => {
  const { vmlinuz } = await debianKernel();
  vmlinux = await unpackKernel(await readFile(vmlinuz), vmlinuz, () => {
    throw new Error('the kernel is packed with a program that is not here');
  });
  configText = await readFile(vmlinuz.replace('vmlinuz-', 'config-'));
  config = parseKernelConfig(configText.toString());
});

const uses = Object.keys(kernelNeeds) as (keyof typeof kernelNeeds)[];
/** Debian has ACPI and PCI built in, and the rest of what guests need as modules. */
const hasModules = (use: keyof typeof kernelNeeds) => use !== 'acpi';

it.each(uses)("finds in Debian's kernel, from its text, what its configuration has built in: %s", (use) => {
  const missing = kernelNeeds[use].filter(({ options }) => !options.some((option) => config.get(option) === 'y'));
  const gaps = checkGuestKernel(vmlinux, 'vmlinux', use);
  expect(gaps.map(({ name }) => name)).toEqual(missing.map(({ name }) => name));
  expect(missing.length > 0).toBe(hasModules(use));
  expect(gaps.every(({ found }) => found === 'unknown')).toBe(true);
});

it.each(uses)('knows modules by a configuration within the kernel: %s', (use) => {
  const mark = (text: string) => Buffer.from(`IKCFG_${text}`);
  const own = Buffer.concat([vmlinux, mark('ST'), gzipSync(configText), mark('ED')]);
  expect(new Set(checkGuestKernel(own, 'vmlinux', use).map(({ found }) => found))).toEqual(
    new Set(hasModules(use) ? ['module'] : []),
  );
});
