import { readFileSync } from 'node:fs';
import { relative } from 'node:path';
import { stripVTControlCharacters } from 'node:util';

/** Lines of a failure's message that are told again at the end; the suite's own output has all of it. */
const maxLines = 12;
const maxColumns = 300;

/** What Vitest's JSON report says, as far as it is needed. */
interface JsonReport {
  readonly testResults: readonly {
    readonly name: string;
    readonly status: string;
    readonly message?: string;
    readonly assertionResults: readonly {
      readonly status: string;
      readonly fullName: string;
      readonly failureMessages?: readonly string[] | null;
    }[];
  }[];
}

/** The failures of a report of Vitest's, a text of a few lines each. None where there is no report. */
export function failuresOfReport(path: string): string[] {
  let report: JsonReport;
  try {
    report = JSON.parse(readFileSync(path, 'utf8')) as JsonReport;
  } catch {
    return [];
  }
  return report.testResults
    .filter(({ status }) => status === 'failed')
    .flatMap(({ name, message, assertionResults }) => {
      const file = relative(process.cwd(), name).replace(/^(\.\.\/)+/, '/');
      const failed = assertionResults.filter(({ status }) => status === 'failed');
      // A file that can't be loaded fails without any failing test in it.
      if (failed.length === 0) return [`${file}\n${shortened(message ?? '')}`];
      return failed.map(
        ({ fullName, failureMessages }) => `${file} > ${fullName}\n${shortened((failureMessages ?? []).join('\n'))}`,
      );
    });
}

/** The last lines of what a suite without a report printed. */
export function endOfOutput(output: string): string {
  return shortened(output.trimEnd().split('\n').slice(-maxLines).join('\n'));
}

function shortened(text: string): string {
  return stripVTControlCharacters(text)
    .split('\n')
    .filter((line) => line.trim() !== '' && !line.includes('/node_modules/'))
    .slice(0, maxLines)
    .map((line) => `    ${line.slice(0, maxColumns)}`)
    .join('\n');
}
