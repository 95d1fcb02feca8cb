import { FirekilnError } from '../base/errors/firekiln-error.ts';

/** The value of SOURCE_DATE_EPOCH in seconds; throws USAGE for what is none. */
export function sourceDateEpoch(text: string | undefined): number | undefined {
  if (text === undefined || text === '') return undefined;
  if (/^[0-9]{1,11}$/.test(text)) return Number(text);
  throw new FirekilnError('USAGE', `SOURCE_DATE_EPOCH=${text} is no number of seconds since 1970`);
}
