import { readTextStream } from '../../base/read-text.ts';
import { maxDockerfileBytes } from '../../frontend/limits.ts';
import { readLocalDockerfile } from '../../frontend/source/read-local-dockerfile.ts';
import { dumpTree } from '../../frontend/syntax/dump-tree.ts';
import { parseDockerfile } from '../../frontend/syntax/parse-dockerfile.ts';
import type { SourceText } from '../../frontend/syntax/tree.ts';
import { printLine } from '../../report/output.ts';

export async function showParsed(file: string, format: 'tree' | 'json'): Promise<void> {
  const tree = parseDockerfile(await read(file));
  const { source: _, ...rest } = tree;
  printLine(format === 'tree' ? dumpTree(tree) : JSON.stringify({ file, ...rest }, null, 2));
}

async function read(file: string): Promise<SourceText> {
  if (file !== '-') return await readLocalDockerfile(file, { cwd: process.cwd() });
  return { file, text: await readTextStream(process.stdin, { shown: 'standard input', maxBytes: maxDockerfileBytes }) };
}
