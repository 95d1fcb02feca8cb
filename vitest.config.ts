import { defineConfig } from 'vitest/config';

/** Waiting ends with what is waited for; only a failure takes all of this. */
const expectations = { poll: { timeout: 60_000 } };

const vmProject = (name: string, include: string[]) => ({
  test: {
    name,
    include,
    expect: expectations,
    testTimeout: 600_000,
    hookTimeout: 600_000,
    fileParallelism: false,
    // Each builds in a VM of its own.
    maxConcurrency: 2,
    globalSetup: ['test/support/global-setup.ts'],
  },
});

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/unit/**/*.test.ts'],
          expect: expectations,
          testTimeout: 180_000,
          hookTimeout: 180_000,
        },
      },
      { test: { name: 'architecture', include: ['test/architecture.test.ts'], testTimeout: 60_000 } },
      {
        test: {
          name: 'conformance',
          include: ['test/conformance/**/*.test.ts'],
          expect: expectations,
          testTimeout: 600_000,
          hookTimeout: 600_000,
        },
      },
      vmProject('e2e', ['test/e2e/**/*.test.ts']),
      vmProject('faults', ['test/faults/**/*.test.ts']),
      // Runs inside the test bed (npm run test:firecracker), where one start of Node costs seconds: one worker for all.
      {
        test: {
          name: 'firecracker',
          include: ['test/firecracker/**/*.test.ts'],
          expect: expectations,
          testTimeout: 300_000,
          hookTimeout: 300_000,
          pool: 'forks',
          isolate: false,
          fileParallelism: false,
        },
      },
    ],
  },
});
