import { describe, expect, it } from 'vitest';
import { planBoots } from '../../../../src/executor/appliance/drive-plan.ts';
import type { ExecMount } from '../../../../src/executor/executor.ts';
import { anySegment, anyStep } from '../../../support/any-step.ts';

const limits = { maxDrives: 4, prefix: 'vd' };
const bind = (...names: string[]): ExecMount => ({
  type: 'bind',
  target: '/x',
  source: '/',
  segments: names.map(anySegment),
  writable: false,
});

describe('drives of a run', () => {
  it('makes one drive of equal images and names them as the kernel does', () => {
    const steps = [anyStep({ mounts: [bind('/b', '/other')] }), anyStep({ mounts: [bind('/other')] })];
    const [boot, ...more] = planBoots({ segments: [anySegment('/a'), anySegment('/b')], steps }, '/scratch', limits);
    expect(more).toEqual([]);
    expect(boot?.drives.map(({ path, readOnly }) => [path, readOnly])).toEqual([
      ['/scratch', false],
      ['/a', true],
      ['/b', true],
      ['/other', true],
    ]);
    expect(boot?.device('/scratch')).toBe('vda');
    expect(boot?.device('/other')).toBe('vdd');
  });

  it('boots again where the next step needs more drives than a machine has', () => {
    const steps = ['/c', '/d', '/e', '/c'].map((name) => anyStep({ mounts: [bind(name)] }));
    const boots = planBoots({ segments: [anySegment('/a')], steps }, '/scratch', limits);
    expect(boots.map(({ first, drives }) => [first, drives.map(({ path }) => path)])).toEqual([
      [0, ['/scratch', '/a', '/c', '/d']],
      [2, ['/scratch', '/a', '/e', '/c']],
    ]);
  });

  it('refuses a step that fits into no machine', () => {
    const steps = [anyStep({ mounts: [bind('/b', '/c', '/d')] })];
    const plan = () => planBoots({ segments: [anySegment('/a')], steps }, '/scratch', limits);
    expect(plan).toThrow(expect.objectContaining({ code: 'STEP_TOO_MANY_DRIVES' }));
  });

  it('goes on after z as the kernel does', () => {
    const segments = Array.from({ length: 30 }, (_, i) => anySegment(`/${i}`));
    const [boot] = planBoots({ segments, steps: [anyStep()] }, '/scratch', { ...limits, maxDrives: 40 });
    expect(boot?.device('/24')).toBe('vdz');
    expect(boot?.device('/25')).toBe('vdaa');
    expect(boot?.device('/26')).toBe('vdab');
  });
});
