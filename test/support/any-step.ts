import { sha256 } from '../../src/base/digest.ts';
import type { ExecSegment, ExecStep } from '../../src/executor/executor.ts';

/** A step that does nothing, but for what is given. */
export function anyStep(change: Partial<ExecStep> = {}): ExecStep {
  return {
    node: 'step',
    args: ['true'],
    env: ['PATH=/usr/bin:/bin'],
    cwd: '/',
    user: '',
    network: 'none',
    hostname: '',
    extraHosts: [],
    mounts: [],
    files: [],
    security: 'sandbox',
    ...change,
  };
}

export function anySegment(path: string): ExecSegment {
  return { key: sha256(path), path };
}
