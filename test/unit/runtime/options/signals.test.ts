import { describe, expect, it } from 'vitest';
import { parseSignal } from '../../../../src/runtime/options/signals.ts';

describe('parseSignal', () => {
  const good: Readonly<Record<string, number>> = {
    TERM: 15,
    SIGTERM: 15,
    sigterm: 15,
    '15': 15,
    KILL: 9,
    SIGQUIT: 3,
    USR1: 10,
    'RTMIN+3': 37,
    'SIGRTMAX-1': 63,
  };
  it.each(Object.entries(good))('reads %s', (text, number) => {
    expect(parseSignal(text, 'x')).toBe(number);
  });

  it.each(['', '0', '65', '-9', 'TERMINATE', 'RTMIN+99', '9x'])('refuses %j', (text) => {
    expect(() => parseSignal(text, '--signal')).toThrow(expect.objectContaining({ code: 'USAGE' }));
  });
});
