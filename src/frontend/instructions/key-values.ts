import { toLower } from '../text/letter-case.ts';
import { csvFields } from './csv-fields.ts';

/** A field `key=value` or `key` of an option such as `--mount`. */
export interface KeyValue {
  /** In lower case. */
  readonly key: string;
  readonly value: string | undefined;
  /** The whole field as written. */
  readonly field: string;
}

/** Undefined if the text is not comma separated values. */
export function readKeyValues(text: string): KeyValue[] | undefined {
  return csvFields(text)?.map((field) => {
    const equals = field.indexOf('=');
    return {
      key: toLower(equals < 0 ? field : field.slice(0, equals)),
      value: equals < 0 ? undefined : field.slice(equals + 1),
      field,
    };
  });
}
