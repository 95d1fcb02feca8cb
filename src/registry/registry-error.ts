import { FirekilnError } from '../base/errors/firekiln-error.ts';
import { type HttpResponse, showUrl } from '../http/http-client.ts';
import { readBody } from '../http/read-body.ts';

/** Statuses after which the same request may well succeed in a moment. */
export const transientStatuses: readonly number[] = [408, 425, 429, 500, 502, 503, 504];

const maxErrorBytes = 64 * 1024;

/** Reads an answer that is none of those expected, and says in the registry's own words what is wrong. */
export async function readRegistryError(
  response: HttpResponse,
  context: { readonly doing: string; readonly credentials: boolean },
): Promise<FirekilnError> {
  const { status, url } = response;
  const body = await readBody(response.body, maxErrorBytes, 'error').catch(() => Buffer.alloc(0));
  const words = registryWords(body, response.headers['content-type'] ?? '');
  const said = words === '' ? '' : `: ${words}`;
  const message = `${context.doing}: ${url.host} answered ${status}${said}`;
  const details = [`${status} from ${showUrl(url)}`];
  if (status === 401 || status === 403) {
    const hint = context.credentials
      ? 'The login was refused, or has no right to this repository.'
      : 'It does not exist, or needs a login: docker login, podman login and skopeo login write where Firekiln reads.';
    return new FirekilnError('REGISTRY_DENIED', message, { details, hint });
  }
  if (status === 429) {
    return new FirekilnError('REGISTRY_RATE_LIMITED', message, {
      details,
      hint: context.credentials
        ? 'Try again later, or set a mirror in config.toml.'
        : 'A login often raises the limit.',
    });
  }
  return new FirekilnError('REGISTRY_FAILED', message, { details });
}

/** The messages of a registry's error JSON, or a hint at what came instead; printable, and short. */
function registryWords(body: Buffer, contentType: string): string {
  const text = body.toString('utf8');
  try {
    const json = JSON.parse(text) as { errors?: unknown; details?: unknown; error?: unknown; message?: unknown };
    const errors: unknown[] = Array.isArray(json.errors) ? json.errors : [json];
    const lines = errors.slice(0, 3).flatMap((error) => {
      if (typeof error !== 'object' || error === null) return [];
      const fields = error as Readonly<Record<string, unknown>>;
      const parts = [fields.code, fields.error, fields.message, fields.error_description, fields.details];
      return [parts.filter((part) => typeof part === 'string' && part !== '').join(' ')];
    });
    return printable(lines.filter((line) => line !== '').join('; '));
  } catch {
    if (/html/i.test(contentType) || /^\s*</.test(text)) return 'an HTML page, not a registry';
    return printable(text);
  }
}

function printable(text: string): string {
  return text
    .replace(/[^\x20-\x7e\u00a0-\uffff]+/g, ' ')
    .trim()
    .slice(0, 300);
}
