import { describeCni } from '../../support/describe-cni.ts';
import { testProvider } from '../../support/provider-conformance.ts';
import { underTest } from '../../support/providers/cni-under-test.ts';

describeCni('the contract of network providers, cni', () => {
  testProvider(underTest, new URL('../../support/providers/cni-under-test.ts', import.meta.url).href);
});
