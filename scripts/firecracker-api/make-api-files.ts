import { createHash } from 'node:crypto';
import { type ApiDocument, readApi, refName, type Schema } from './api-document.ts';
import { since } from './since.ts';

export const apiSources = ['api-1.12.1.yaml', 'api-1.16.1.yaml'] as const;
const newestMinor = '1.16';

/** Names that mean something else in TypeScript. */
const renamed: Readonly<Record<string, string>> = { Error: 'Fault' };

/** The texts of the generated files by path. */
export function makeApiFiles(older: string, newer: string): Record<string, string> {
  const head = [
    '// Made by scripts/firecracker-api.ts from the API files of Firecracker; do not edit.',
    ...[older, newer].map((text, i) => `// ${apiSources[i]} ${createHash('sha256').update(text).digest('hex')}`),
  ].join('\n');
  const before = readApi(older);
  const after = readApi(newer);
  return {
    'src/vm/firecracker/api/api-types.ts': `${head}\n\n${typesText(after)}`,
    'src/vm/firecracker/api/api-gates.ts': `${head}\n\n${gatesText(before, after)}`,
  };
}

function typesText({ definitions, calls }: ApiDocument): string {
  const types = Object.entries(definitions).map(([name, schema]) => {
    const own = renamed[name] ?? name;
    if (schema.properties === undefined) return `export type ${own} = ${typeOf(schema)};\n`;
    const fields = Object.entries(schema.properties).map(([field, value]) => {
      const isRequired = schema.required?.includes(field) ?? false;
      const key = /^\w+$/.test(field) ? field : `'${field}'`;
      return `  readonly ${key}${isRequired ? '' : '?'}: ${typeOf(value)}${isRequired ? '' : ' | undefined'};\n`;
    });
    return `export interface ${own} {\n${fields.join('')}}\n`;
  });
  const table = [...calls].map(([name, { body, answer }]) => {
    const parts = [body, answer].map((schema) => (schema === undefined ? 'undefined' : typeOf(schema)));
    return `  '${name}': { readonly body: ${parts[0]}; readonly answer: ${parts[1]} };\n`;
  });
  const doc = '/** What each call of the API takes and gives. */\n';
  return `${types.join('\n')}\n${doc}export interface FirecrackerCalls {\n${table.join('')}}\n`;
}

function typeOf(schema: Schema): string {
  const ref = refName(schema);
  if (ref !== undefined) return renamed[ref] ?? ref;
  if (schema.enum !== undefined) return schema.enum.map((value) => `'${value}'`).join(' | ');
  if (schema.type === 'array') return `readonly ${typeOf(schema.items ?? {})}[]`;
  if (schema.type === 'integer' || schema.type === 'number') return 'number';
  if (schema.type === 'string' || schema.type === 'boolean') return schema.type;
  return 'Readonly<Record<string, unknown>>';
}

function gatesText(before: ApiDocument, after: ApiDocument): string {
  const calls: string[] = [];
  const fields: string[] = [];
  for (const [name, { body }] of after.calls) {
    if (!before.calls.has(name)) calls.push(`  '${name}': '${since[name] ?? newestMinor}',\n`);
    const found = body === undefined ? [] : newFields(body, before, after, '');
    if (found.length === 0) continue;
    const rows = found.map(([path, version]) => `${/^\w+$/.test(path) ? path : `'${path}'`}: '${version}'`);
    fields.push(`  '${name}': { ${rows.join(', ')} },\n`);
  }
  return [
    '/** The version that brought a call; those not named here are in the oldest version that is supported. */\n',
    `export const callsSince: Readonly<Record<string, string>> = {\n${calls.join('')}};\n\n`,
    '/** The version that brought a field of a body, by call and by path within the body. */\n',
    `export const fieldsSince: Readonly<Record<string, Readonly<Record<string, string>>>> = {\n${fields.join('')}};\n`,
  ].join('');
}

/** Fields that the older file lacks. A call that is new as a whole has only those that came after it. */
function newFields(schema: Schema, before: ApiDocument, after: ApiDocument, prefix: string): [string, string][] {
  const name = refName(schema);
  if (name === undefined) return [];
  const older = before.definitions[name];
  const found: [string, string][] = [];
  for (const [field, value] of Object.entries(after.definitions[name]?.properties ?? {})) {
    const version = since[`${name}.${field}`];
    const isNew = older === undefined ? version !== undefined : older.properties?.[field] === undefined;
    if (isNew) found.push([`${prefix}${field}`, version ?? newestMinor]);
    else found.push(...newFields(value, before, after, `${prefix}${field}.`));
  }
  return found;
}
