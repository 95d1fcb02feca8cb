import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { apiSources, makeApiFiles } from '../../../../../scripts/firecracker-api/make-api-files.ts';

const root = new URL('../../../../..', import.meta.url).pathname;
const folders = [
  process.env.FIREKILN_FIRECRACKER_API,
  join(root, '../shared/firecracker'),
  join(root, '../../shared/firecracker'),
];
const folder = folders.find((path) => path !== undefined && existsSync(path));

describe.skipIf(folder === undefined)('the files made from the published API', () => {
  it('are what the generator makes', () => {
    const [older, newer] = apiSources.map((name) => readFileSync(join(folder ?? '', name), 'utf8'));
    for (const [path, text] of Object.entries(makeApiFiles(older ?? '', newer ?? ''))) {
      expect(readFileSync(join(root, path), 'utf8'), path).toBe(text);
    }
  });
});

describe('makeApiFiles', () => {
  const spec = (more: string, field: string) => `
paths:
  /things/{id}:
    put:
      parameters:
        - {name: id, in: path, type: string}
        - {name: body, in: body, schema: {$ref: '#/definitions/Thing'}}
      responses: {204: {description: done}}
${more}
definitions:
  Thing:
    type: object
    required: [id]
    properties:
      id: {type: string}
      kind: {type: string, enum: [None, 2M]}
      part: {$ref: '#/definitions/Part'}
  Part:
    type: object
    properties:
      sizes: {type: array, items: {type: integer}}
${field}`;

  it('gives types, and gates for what came later, also deep within', () => {
    const call = "  /news:\n    get:\n      responses: {200: {schema: {$ref: '#/definitions/Part'}}}";
    const files = makeApiFiles(spec('', ''), spec(call, '      late: {type: boolean}'));
    const types = files['src/vm/firecracker/api/api-types.ts'];
    expect(types).toContain(`export interface Thing {
  readonly id: string;
  readonly kind?: 'None' | '2M' | undefined;
  readonly part?: Part | undefined;
}`);
    expect(types).toContain('  readonly sizes?: readonly number[] | undefined;');
    expect(types).toContain("  'GET /news': { readonly body: undefined; readonly answer: Part };");
    const gates = files['src/vm/firecracker/api/api-gates.ts'];
    expect(gates).toContain("  'GET /news': '1.16',");
    expect(gates).toContain("  'PUT /things/{id}': { 'part.late': '1.16' },");
  });
});
