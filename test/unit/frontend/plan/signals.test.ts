import { expect, it } from 'vitest';
import { isSignal } from '../../../../src/frontend/plan/signals.ts';
import { parseSignal } from '../../../../src/runtime/options/signals.ts';

it.each(['TERM', 'sigkill', 'SIGRTMIN+3', 'RTMAX-14', '9', '65', '-1', '+9'])('STOPSIGNAL %s is taken', (text) => {
  expect(isSignal(text)).toBe(true);
});

it.each(['NOPE', '0', '', 'SIG', 'RTMIN+16', '1.5', '9 '])('STOPSIGNAL %j is refused', (text) => {
  expect(isSignal(text)).toBe(false);
});

it('knows the old name of CHLD', () => {
  expect(isSignal('SIGCLD')).toBe(true);
  expect(parseSignal('CLD', '-s')).toBe(17);
});
