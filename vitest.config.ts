import { defineConfig } from 'vitest/config';

const vmProject = (name: string, include: string[]) => ({
  test: {
    name,
    include,
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
      { test: { name: 'unit', include: ['test/unit/**/*.test.ts'], testTimeout: 180_000, hookTimeout: 180_000 } },
      { test: { name: 'architecture', include: ['test/architecture.test.ts'], testTimeout: 60_000 } },
      {
        test: {
          name: 'conformance',
          include: ['test/conformance/**/*.test.ts'],
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
