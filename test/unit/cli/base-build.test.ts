import { expect, it } from 'vitest';
import type { App } from '../../../src/app/app.ts';
import { runBaseBuild } from '../../../src/cli/commands/base-build-run.ts';

const none = { tag: [], buildArg: [], cache: true };

it.each([
  [{ mirror: 'http://x\ndeb [trusted=yes] http://y' }, /^--mirror: /],
  [{ mirror: '[trusted=yes] http://x' }, /^--mirror: /],
  [{ size: '1GiB' }, /^--size is for recipes/],
  [{ cache: false }, /^--no-cache is for recipes/],
  [{ driver: 'qemu' }, /^--driver is for recipes/],
])('flags of `base build debian:bookworm` that mean nothing are refused: %j', async (flags, message) => {
  await expect(runBaseBuild({} as App, 'debian:bookworm', { ...none, ...flags })).rejects.toThrow(message);
});
