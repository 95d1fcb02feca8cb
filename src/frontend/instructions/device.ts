import { parseGoBoolean } from '../../base/go-values.ts';
import { didYouMean } from '../../base/nearest.ts';
import { readKeyValues } from './key-values.ts';
import { type OptionFaultOptions, optionFault } from './mount-fault.ts';

/** A `--device` of RUN: a CDI device. */
export interface Device {
  readonly name: string;
  readonly required: boolean;
}

/** Reads `vendor/class=name[,required]`. Throws DOCKERFILE_INSTRUCTION without a place. */
export function readDevice(text: string): Device {
  let name = '';
  let required = false;
  const fields = readKeyValues(text);
  if (fields === undefined) throw deviceFault('is no list of key=value, separated by commas; check its quotes');
  for (const { key, value, field } of fields) {
    if (key === 'required') {
      const parsed = value === undefined ? true : parseGoBoolean(value);
      if (parsed === undefined) throw deviceFault(`has required=${value}; expected true or false`, { about: [field] });
      required = parsed;
    } else if (key === 'name' && value !== undefined) {
      if (name !== '') throw deviceFault(`has a second name, ${value}`, { about: [field] });
      name = value;
    } else if (name === '') name = field;
    else {
      throw deviceFault(`has the unknown field ${JSON.stringify(field)}`, {
        hint: didYouMean(key, ['name', 'required']),
        about: [field],
      });
    }
  }
  return { name, required };
}

function deviceFault(message: string, options?: OptionFaultOptions): Error {
  return optionFault(`RUN --device ${message}`, options);
}
