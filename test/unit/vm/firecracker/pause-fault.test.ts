import { expect, it } from 'vitest';
import { parseApiVersion } from '../../../../src/vm/firecracker/api/api-version.ts';
import { pauseFault } from '../../../../src/vm/firecracker/pause-fault.ts';

it.each(['1.12.1', '1.15.1', '1.16.2', '1.17.0-dev', '1.160.0'])('%s can pause', (text) => {
  expect(pauseFault(parseApiVersion(text))).toBeUndefined();
});

it.each(['1.16.0', '1.16.1', '1.16.1-dirty'])('%s can not pause', (text) => {
  expect(pauseFault(parseApiVersion(text))).toContain(text);
});
