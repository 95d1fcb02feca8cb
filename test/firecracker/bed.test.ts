import { expect, it } from 'vitest';
import { runProcess } from '../../src/base/process.ts';

it('the bed has the pinned Firecracker and jailer', async () => {
  for (const name of ['firecracker', 'jailer']) {
    const { stdout } = await runProcess(name, { args: ['--version'] });
    expect(stdout.toString()).toMatch(/v1\.12\.1\n/);
  }
});
