import { testProvider } from '../../support/provider-conformance.ts';
import { underTest } from '../../support/providers/user-under-test.ts';
import { describeWithTools } from '../../support/tools.ts';

describeWithTools(['passt'], 'the contract of network providers, user', () => {
  testProvider(underTest, new URL('../../support/providers/user-under-test.ts', import.meta.url).href);
});
