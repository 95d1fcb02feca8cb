import { parse } from 'yaml';

/** As much of Swagger 2.0 as Firecracker's file uses. */
export interface Schema {
  readonly $ref?: string;
  readonly type?: string;
  readonly enum?: readonly string[];
  readonly items?: Schema;
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
}

export interface ApiDocument {
  readonly definitions: Readonly<Record<string, Schema>>;
  /** By `METHOD /path`. */
  readonly calls: ReadonlyMap<string, ApiCall>;
}

export interface ApiCall {
  readonly body: Schema | undefined;
  readonly answer: Schema | undefined;
}

interface Operation {
  readonly parameters?: readonly { readonly in: string; readonly schema?: Schema }[];
  readonly responses: Readonly<Record<string, { readonly schema?: Schema }>>;
}

export function readApi(text: string): ApiDocument {
  const { paths, definitions } = parse(text) as {
    paths: Record<string, Record<string, Operation>>;
    definitions: Record<string, Schema>;
  };
  const calls = new Map<string, ApiCall>();
  for (const [path, methods] of Object.entries(paths)) {
    for (const [method, { parameters = [], responses }] of Object.entries(methods)) {
      const body = parameters.find((parameter) => parameter.in === 'body')?.schema;
      calls.set(`${method.toUpperCase()} ${path}`, { body, answer: responses['200']?.schema });
    }
  }
  return { definitions, calls };
}

export function refName(schema: Schema): string | undefined {
  return schema.$ref?.replace('#/definitions/', '');
}
