#!/usr/bin/env node
import nodeModule from 'node:module';
import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { printNotice } from '../report/output.ts';

const neededMajor = 24;

if (Number(process.versions.node.split('.')[0]) < neededMajor) {
  printNotice(
    `firekiln needs Node ${neededMajor} or newer; this is Node ${process.versions.node} (${process.execPath})`,
  );
  process.exitCode = 1;
} else {
  const xdg = process.env.XDG_CACHE_HOME;
  // Not in /tmp, Node's default: what is in the cache is executed.
  nodeModule.enableCompileCache(
    join(xdg !== undefined && isAbsolute(xdg) ? xdg : join(homedir(), '.cache'), 'firekiln', 'node'),
  );
  const { main } = await import('./main.ts');
  process.exitCode = await main(process.argv.slice(2));
}
