import { abortError } from '../base/abort.ts';
import { FirekilnError, isFirekilnError } from '../base/errors/firekiln-error.ts';
import { systemCode } from '../base/system-error.ts';

/** Names are not there or nobody listens: asking again at once gives the same. */
const firmFailures = ['ENOTFOUND', 'ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH', 'ENODATA'];

const tlsHint =
  'In config.toml, [registry."HOST"] takes ca = ["FILE"] for an authority of your own, insecure = true, and http = true.';

/** What undici, Node's sockets and its TLS throw, in the user's words. */
export function explainHttpError(error: unknown, url: URL, signal: AbortSignal | undefined): unknown {
  if (isFirekilnError(error)) return error;
  if (signal?.aborted === true) return abortError(signal, `talking to ${url.host}`);
  const inner = innermost(error);
  if (isFirekilnError(inner)) return inner;
  const code = systemCode(inner) ?? '';
  const text = inner instanceof Error ? inner.message : String(inner);
  switch (code) {
    case 'UND_ERR_CONNECT_TIMEOUT':
      return new FirekilnError('TIMEOUT', `${url.host} does not answer`, { cause: inner });
    case 'UND_ERR_HEADERS_TIMEOUT':
    case 'UND_ERR_BODY_TIMEOUT':
      return new FirekilnError('TIMEOUT', `${url.host} stopped answering`, { cause: inner });
    case 'UND_ERR_HEADERS_OVERFLOW':
      return new FirekilnError('HTTP_INVALID', `${url.host} sends headers of more than 16 KiB`, { cause: inner });
    case 'ENOTFOUND':
      return new FirekilnError('HTTP_UNREACHABLE', `no host is called ${url.hostname}`, { cause: inner });
    case 'EAI_AGAIN':
      return new FirekilnError('HTTP_UNREACHABLE', `the name ${url.hostname} can't be looked up now`, { cause: inner });
    case 'ECONNREFUSED':
      return new FirekilnError('HTTP_UNREACHABLE', `nothing listens at ${url.host}`, { cause: inner });
    default:
  }
  if ((inner instanceof Error && inner.name === 'HTTPParserError') || code.startsWith('UND_ERR_RES')) {
    return new FirekilnError('HTTP_INVALID', `${url.host} does not speak HTTP: ${text}`, { cause: inner });
  }
  if (/^EPROTO$|^ERR_SSL_|^ERR_TLS_|CERT|SIGNATURE|SELF_SIGNED|ISSUER|_CRL/.test(code)) {
    const how = /wrong version number|packet length too long/i.test(text) ? 'it speaks plain HTTP' : tlsReason(text);
    return new FirekilnError('TLS_FAILED', `no trusted connection to ${url.host}: ${how}`, {
      hint: tlsHint,
      cause: inner,
    });
  }
  if (code !== '' && !code.startsWith('ERR_') && !code.startsWith('UND_ERR_INVALID')) {
    return new FirekilnError('HTTP_UNREACHABLE', `the connection to ${url.host} failed: ${text}`, { cause: inner });
  }
  return error;
}

/** True if the same request may well succeed in a moment. */
export function isTransient(error: unknown): boolean {
  if (isFirekilnError(error, 'TIMEOUT')) return true;
  return isFirekilnError(error, 'HTTP_UNREACHABLE') && !firmFailures.includes(systemCode(error.cause) ?? '');
}

function tlsReason(text: string): string {
  return (
    text
      .split('\n')[0]
      ?.replace(/^.*:SSL routines:[^:]*:/, '')
      .slice(0, 200) ?? ''
  );
}

/** The error below undici's wrappers and Node's AggregateError of several addresses. */
function innermost(error: unknown): unknown {
  let current = error;
  for (let depth = 0; depth < 5; depth++) {
    if (isFirekilnError(current)) return current;
    if (current instanceof AggregateError && current.errors.length > 0) current = current.errors[0];
    else if (current instanceof Error && current.cause instanceof Error) current = current.cause;
    else break;
  }
  return current;
}
