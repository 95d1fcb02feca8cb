import { FirekilnError } from '../base/errors/firekiln-error.ts';
import { didYouMean } from '../base/nearest.ts';
import type { ListedImage } from './list-images.ts';
import { shownName } from './shown-name.ts';

const keys = ['dangling', 'label', 'reference'];

/**
 * The filters of `images`, in docker's notation; all must match: `dangling=true|false`, `label=KEY[=VALUE]`,
 * `reference=PATTERN` with `*` for anything but a slash. Throws USAGE.
 */
export function imageFilter(filters: readonly string[]): (image: ListedImage) => boolean {
  const tests = filters.map(readFilter);
  return (image) => tests.every((test) => test(image));
}

/** True for images with such a name: `debian`, `debian:bookworm`, or a pattern of `reference=`. */
export function hasName({ names }: ListedImage, pattern: string): boolean {
  const parts = pattern.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'));
  const expression = new RegExp(`^${parts.join('[^/]*')}$`);
  return names.some((name) => {
    const short = shownName(name);
    return [name, short, short.replace(/:[^/:]*$/, ''), name.replace(/:[^/:]*$/, '')].some((it) => expression.test(it));
  });
}

function readFilter(filter: string): (image: ListedImage) => boolean {
  const equals = filter.indexOf('=');
  const key = filter.slice(0, Math.max(0, equals));
  const value = filter.slice(equals + 1);
  switch (key) {
    case 'dangling':
      return ({ names }) => (names.length === 0) === (value === 'true');
    case 'label': {
      const [name = '', ...rest] = value.split('=');
      return ({ image }) => {
        const found = image.config.config?.Labels?.[name];
        return found !== undefined && (rest.length === 0 || found === rest.join('='));
      };
    }
    case 'reference':
      return (image) => hasName(image, value);
    default:
      throw new FirekilnError('USAGE', `--filter ${filter}: no such filter`, {
        hint: didYouMean(key, keys) ?? `The filters are ${keys.map((it) => `${it}=..`).join(', ')}.`,
      });
  }
}
