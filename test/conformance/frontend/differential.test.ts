import fc from 'fast-check';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { type Oracle, startOracle } from '../../differential/oracle.ts';
import { kinds, propertiesOf } from '../../differential/properties.ts';
import { hasGo } from '../../support/go-toolchain.ts';

const canRun = hasGo() || process.env.CI === 'true';
if (!canRun) console.warn('skipped: comparison with BuildKit: not installed: go');

/** A fixed stretch of what `node test/differential/fuzz.ts` does for as long as it is told. */
describe.skipIf(!canRun)('beside BuildKit v0.34.2', () => {
  let oracle: Oracle;

  beforeAll(() => {
    oracle = startOracle();
  }, 600_000);

  afterAll(async () => {
    await oracle?.[Symbol.asyncDispose]();
  });

  it.each(kinds)('%s agree', async (kind) => {
    const property = propertiesOf(oracle, [])[kind];
    await fc.assert(property, { seed: 20_261_124, numRuns: 1500 });
  });
});
