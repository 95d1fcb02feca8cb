import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { hasGo, runGo } from '../../support/go-toolchain.ts';
import { findTool } from '../../support/tools.ts';
import { buildkitVersion } from '../oracle.ts';

const cache = new URL('../../../.cache/buildkit/', import.meta.url).pathname;

export interface BuildkitPrograms {
  readonly buildkitd: string;
  readonly buildctl: string;
}

/** What is not here of what it takes to compile and run BuildKit. */
export function missingForBuildkit(): readonly string[] {
  return [
    ...(process.getuid?.() === 0 ? [] : ['root']),
    ...(findTool('runc') === undefined ? ['runc'] : []),
    ...(hasGo() ? [] : ['go']),
  ];
}

/** BuildKit itself, compiled when it is first asked for (two minutes) and kept. */
export function buildkitPrograms(): BuildkitPrograms {
  const folder = join(cache, buildkitVersion);
  const programs = { buildkitd: join(folder, 'buildkitd'), buildctl: join(folder, 'buildctl') };
  if (existsSync(programs.buildctl)) return programs;
  const work = `${folder}.${process.pid}`;
  mkdirSync(work, { recursive: true });
  try {
    writeFileSync(join(work, 'go.mod'), 'module fetch\n');
    const module = `github.com/moby/buildkit@${buildkitVersion}`;
    const { Dir } = JSON.parse(runGo(['mod', 'download', '-json', module], work)) as { readonly Dir: string };
    rmSync(join(work, 'go.mod'));
    // In its own module: its go.mod excludes versions, which `go install` refuses.
    runGo(['build', '-trimpath', '-o', `${work}/`, './cmd/buildkitd', './cmd/buildctl'], Dir);
    if (!existsSync(folder)) renameSync(work, folder);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  return programs;
}
