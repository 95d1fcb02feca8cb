import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { FirekilnError } from '../base/errors/firekiln-error.ts';
import { parseLocator } from '../formats/locator/locator.ts';
import { contextName } from '../frontend/plan/context-name.ts';
import { gitNode } from '../frontend/plan/git-node.ts';
import type { ContextBinding, Contexts } from '../frontend/plan/plan.ts';
import { parseImageLocator } from '../images/image-locator.ts';
import type { FileSource } from '../source/file-source.ts';
import { emptySource } from './empty-source.ts';
import { readIgnoreRules } from './ignore-rules.ts';
import type { BuildInputs, OpenedContext } from './inputs.ts';
import { type MainInput, type MainOptions, openMain } from './open-main.ts';
import { readIgnoreText } from './read-ignore-text.ts';

type OpenOptions = Omit<MainOptions, 'keep'>;

/** Opens everything that a build reads. Throws what {@link openMain} throws, and USAGE for a wrong named context. */
export async function openInputs(options: OpenOptions): Promise<BuildInputs> {
  await using keep = new AsyncDisposableStack();
  const main = await openMain({ ...options, keep });
  const files = new Map<string, () => Promise<FileSource>>([['', async () => openFiles(main)]]);
  const named = new Map<string, ContextBinding>();
  for (const [name, locator] of options.request.buildContexts) {
    const key = contextName(name);
    named.set(key, await bindNamed(options, key, locator, files));
  }
  const opened = new Map<string, Promise<FileSource>>();
  const owned = keep.move();
  return {
    dockerfile: main.dockerfile,
    ignore: main.ignore,
    contexts: { main: mainBinding(main), named: (name) => named.get(name) } satisfies Contexts,
    context: async (name) => {
      const open = files.get(name);
      if (open === undefined) throw new Error(`no context ${JSON.stringify(name)}`);
      const known = opened.get(name) ?? open();
      opened.set(name, known);
      return await known;
    },
    provenance: main.provenance,
    [Symbol.asyncDispose]: async () => await owned.disposeAsync(),
  };
}

function mainBinding({ context }: MainInput): ContextBinding {
  return context !== undefined && 'baseUrl' in context
    ? { type: 'http', baseUrl: context.baseUrl }
    : { type: 'folder', name: '' };
}

function openFiles({ context, ignore }: MainInput): FileSource {
  if (context === undefined || 'baseUrl' in context) return emptySource('the build context, which is empty');
  return (context satisfies OpenedContext).open(ignore?.filter);
}

async function bindNamed(
  { request, sources, signal }: OpenOptions,
  name: string,
  text: string,
  files: Map<string, () => Promise<FileSource>>,
): Promise<ContextBinding> {
  const image = imageOf(text);
  if (image !== undefined) return { type: 'image', reference: image };
  const locator = parseLocator(text);
  const shown = `--build-context ${name}=${text}`;
  switch (locator.type) {
    case 'stdin':
      throw new FirekilnError('USAGE', `${shown}: a named context can not be standard input`);
    case 'git':
      return { type: 'node', name, node: gitNode(locator.reference) };
    case 'http':
      return {
        type: 'node',
        name,
        node: { kind: 'http', url: locator.url, filename: 'context', mode: 0o644, unpack: true },
      };
    case 'path': {
      const root = resolve(request.cwd, locator.path);
      if (!(await isFolder(root))) {
        throw new FirekilnError('CONTEXT_MISSING', `${shown}: there is no folder ${locator.path}`, {
          hint: 'An image is named as docker-image://NAME, an OCI layout as oci-layout://PATH.',
        });
      }
      files.set(name, async () => {
        const ignore = await readIgnoreRules({
          dockerfile: undefined,
          beside: async () => undefined,
          inContext: async (path) => await readIgnoreText(resolve(root, path), signal),
        });
        return sources.folder({ root, description: `the context ${name} (${locator.path})`, ignore: ignore?.filter });
      });
      return { type: 'folder', name };
    }
  }
}

/** What `docker-image://NAME`, or the locator of a layout or an archive, names. */
function imageOf(text: string): string | undefined {
  const prefix = 'docker-image://';
  if (text.startsWith(prefix)) return text.slice(prefix.length);
  return parseImageLocator(text) === undefined ? undefined : text;
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch {
    return false;
  }
}
