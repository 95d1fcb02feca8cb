import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** What Vitest's JSON report says, as far as it is needed. */
interface JsonReport {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly testResults: readonly {
    readonly name: string;
    readonly status: string;
    readonly assertionResults: readonly { readonly status: string }[];
  }[];
}

export interface SuiteReport {
  readonly passed: number;
  readonly failed: number;
  /** As the bed names them. */
  readonly failedFiles: readonly string[];
  readonly passedInFailedFiles: number;
}

/** What counts where there is no report: something has failed. */
export const nothingReported: SuiteReport = { passed: 0, failed: 1, failedFiles: [], passedInFailedFiles: 0 };

/** Reads report.json of a folder of results. */
export async function readReport(folder: string): Promise<SuiteReport> {
  let report: JsonReport;
  try {
    report = JSON.parse(await readFile(join(folder, 'report.json'), 'utf8')) as JsonReport;
  } catch (error) {
    console.log(`test bed: no report: ${String(error)}`);
    return nothingReported;
  }
  const failed = report.testResults.filter(({ status }) => status === 'failed');
  const results = failed.flatMap(({ assertionResults }) => assertionResults);
  return {
    passed: report.numPassedTests,
    // A file that can't be loaded fails without any failing test in it.
    failed: Math.max(report.numFailedTests, failed.length > 0 ? 1 : 0),
    failedFiles: failed.map(({ name }) => name),
    passedInFailedFiles: results.filter(({ status }) => status === 'passed').length,
  };
}

/** Tests that passed in files without a failure. */
export function passedOutside({ passed, passedInFailedFiles }: SuiteReport): number {
  return passed - passedInFailedFiles;
}
