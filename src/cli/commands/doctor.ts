import type { Command } from 'commander';
import { printLine } from '../../report/output.ts';
import type { Check } from '../../setup/doctor/check.ts';
import { addCommonOptions, type CommonFlags, commonOptions } from '../common-options.ts';

interface DoctorFlags extends CommonFlags {
  readonly json?: boolean;
}

export function addDoctorCommand(program: Command): void {
  const command = program
    .command('doctor')
    .description('find out by trying what works on this host, and say what to do about the rest')
    .option('--json', 'print the result as JSON');
  addCommonOptions(command);
  command.action(async (flags: DoctorFlags) => {
    const { openApp } = await import('../../app/app.ts');
    const { examine } = await import('../../app/doctor.ts');
    // What goes wrong is shown in the table; the events would only say it twice.
    await using app = openApp({ ...commonOptions(flags), progress: 'quiet', logLevel: 'error' });
    const checks = await examine(app);
    app.reporter.close();
    const works = checks.every(({ state }) => state !== 'broken');
    if (flags.json) printLine(JSON.stringify({ works, checks }));
    else {
      for (const line of checks.flatMap(describe)) printLine(line);
      printLine(works ? 'This host can build and run.' : 'This host can not build and run yet.');
    }
    if (!works) process.exitCode = 1;
  });
}

const marks = { works: 'ok     ', limited: 'limited', broken: 'BROKEN ' } as const;

function describe({ name, state, text, wayOut, command }: Check): string[] {
  const indent = ' '.repeat(28);
  const [first = '', ...more] = text.split('\n');
  return [
    `${marks[state]} ${name.padEnd(19)} ${first}`,
    ...more.map((line) => `${indent}${line}`),
    ...(wayOut === undefined || state === 'works' ? [] : [`${indent}${wayOut}`]),
    ...(command === undefined ? [] : [`${indent}run: ${command}`]),
  ];
}
