import { describe, expect, it } from 'vitest';
import { Campaign } from '../../fuzz/campaign.ts';
import { fuzzTargets } from '../../fuzz/targets.ts';

/** Inputs of each target; long runs are `npm run fuzz`. */
const counts: Record<string, number> = {
  tar: 3000,
  ext4: 150,
  'layer-index': 1500,
  store: 30,
  dockerfile: 1000,
  words: 2000,
  ignore: 500,
  glob: 3000,
};

describe('changed inputs', () => {
  it.each([...fuzzTargets])('of the target %s are read, or refused by name', async (name, target) => {
    const campaign = await Campaign.open(target, 4);
    await campaign.checkCorpus();
    for (let number = 0; number < (counts[name] ?? 100); number++) expect(await campaign.run(number)).toBeUndefined();
  });
});
