import { describe, expect, it } from 'vitest';
import { readVariable, variablesOfFile } from '../../../../src/runtime/options/environment-variables.ts';

describe('readVariable', () => {
  it('takes values as they are, and names from the host', () => {
    expect(readVariable('A=b=c d', {})).toBe('A=b=c d');
    expect(readVariable('A=', { A: 'host' })).toBe('A=');
    expect(readVariable('A', { A: 'host' })).toBe('A=host');
    expect(readVariable('A', {})).toBeUndefined();
    expect(() => readVariable('=x', {})).toThrow(expect.objectContaining({ code: 'USAGE' }));
  });
});

describe('variablesOfFile', () => {
  it('reads files as docker does', () => {
    const text = '\uFEFF# comment\n\n  A=1\r\nB="quoted" # kept\nHOST\nGONE\nC=\n';
    expect(variablesOfFile(text, 'f', { HOST: 'h' })).toEqual(['A=1', 'B="quoted" # kept', 'HOST=h', 'C=']);
  });

  it('names file and line of what is no variable', () => {
    expect(() => variablesOfFile('A=1\nmy name=x\n', 'dir/f', {})).toThrow(/^dir\/f:2: "my name"/);
    expect(() => variablesOfFile('=x\n', 'f', {})).toThrow(/f:1/);
  });
});
