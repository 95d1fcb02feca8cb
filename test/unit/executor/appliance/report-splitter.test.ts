import { describe, expect, it } from 'vitest';
import { ReportSplitter } from '../../../../src/executor/appliance/report-splitter.ts';

const token = 'TOKEN-abc ';

function split(chunks: readonly Buffer[]): { readonly output: string; readonly report: string | undefined } {
  const output: Buffer[] = [];
  const splitter = new ReportSplitter(token, (chunk) => output.push(Buffer.from(chunk)));
  for (const chunk of chunks) splitter.push(chunk);
  const report = splitter.end();
  return { output: Buffer.concat(output).toString('latin1'), report };
}

describe('report splitter', () => {
  const output = 'line\nTOKEN-ab TOKEN TOKTOKEN-abTOKEN-a';
  const whole = Buffer.from(`${output}${token}exit=0\n`);

  it('parts the report from the output, wherever the chunks end', () => {
    for (let first = 0; first <= whole.length; first++) {
      for (let second = first; second <= whole.length; second += 7) {
        const chunks = [whole.subarray(0, first), whole.subarray(first, second), whole.subarray(second)];
        expect(split(chunks)).toEqual({ output, report: 'exit=0\n' });
      }
    }
  });

  it('holds nothing back that can not be the token', () => {
    const seen: string[] = [];
    const splitter = new ReportSplitter(token, (chunk) => seen.push(chunk.toString()));
    splitter.push(Buffer.from('a TO'));
    expect(seen).toEqual(['a ']);
    splitter.push(Buffer.from('!'));
    expect(seen).toEqual(['a ', 'TO!']);
  });

  it('gives all of it as output where no report comes', () => {
    expect(split([Buffer.from('text TOKEN-')])).toEqual({ output: 'text TOKEN-', report: undefined });
  });

  it('keeps no more of a report than a report can have', () => {
    const { report } = split([Buffer.from(token), ...Array.from({ length: 64 }, () => Buffer.alloc(65_536, 'x'))]);
    expect(report?.length).toBeLessThanOrEqual(65_536);
  });
});
