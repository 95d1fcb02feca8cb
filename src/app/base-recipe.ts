import { existsSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { FirekilnError, isFirekilnError } from '../base/errors/firekiln-error.ts';
import { readNamedFile } from '../base/read-named-file.ts';
import { build } from '../build/build.ts';
import type { BuildRequest } from '../build/build-request.ts';
import type { BuildServices } from '../build/build-services.ts';
import { isBaseName } from '../images/bases/base-name.ts';
import { checkBaseName, checkBasePlace, writeBase } from '../images/bases/base-store.ts';
import { buildBase } from '../images/bases/build-base.ts';
import type { StoredImage } from '../images/image.ts';

/** A Dockerfile that makes a base OS, `<org>/<os>/<version>/Dockerfile`. */
export interface BaseRecipe {
  /** The folder that has the Dockerfile; it is also the context. */
  readonly folder: string;
  /** Where the base goes in a base store: the last three names of the folder. */
  readonly name: string;
}

export interface BaseRecipeOptions {
  readonly recipe: BaseRecipe;
  /** The folder of the base store. */
  readonly root: string;
  /** Of the file system, in bytes. */
  readonly size: number;
  /** The part of the request that comes from the command line. */
  readonly request: BuildRequest;
  /** A file of public keys, for the user of the base. */
  readonly authorizedKeys?: string | undefined;
  /** Where packages are taken from if the base of the recipe has to be made from them. */
  readonly mirror?: string | undefined;
}

const maxKeyBytes = 64 * 1024;

/**
 * The recipe that a path names: a folder or its Dockerfile; `_/debian/bookworm` and `baseos/_/debian/bookworm` also name
 * those that come with Firekiln, from any folder. Undefined for what is no path of a recipe. Throws USAGE.
 */
export function findRecipe(text: string, cwd: string): BaseRecipe | undefined {
  const given = basename(text) === 'Dockerfile' ? dirname(text) : text;
  const own = ownRecipes();
  const candidates = [resolve(cwd, given), ...(own === undefined ? [] : [join(dirname(own), given), join(own, given)])];
  const folder = candidates.find((path) => existsSync(join(path, 'Dockerfile')));
  if (folder === undefined) {
    if (!/^(?:[./_]|baseos\/)/.test(text)) return undefined;
    throw new FirekilnError('USAGE', `there is no Dockerfile in ${resolve(cwd, given)}`, {
      hint: own === undefined ? undefined : `The recipes of Firekiln lie in ${own}.`,
    });
  }
  return { folder, name: checkBaseName(folder.split('/').slice(-3).join('/')) };
}

/**
 * Builds a recipe and puts the result into the base store. A Debian or Ubuntu that it starts from is made from packages
 * where neither the image store nor a registry has it. Gives the image, and the path of the disk.
 */
export async function buildRecipe(
  services: BuildServices,
  options: BaseRecipeOptions,
): Promise<{ readonly image: StoredImage; readonly path: string }> {
  const { recipe, root, size, request, authorizedKeys } = options;
  const { store, emitter, signal } = services;
  const keys = authorizedKeys === undefined ? undefined : await readKeys(resolve(request.cwd, authorizedKeys));
  await checkBasePlace(root, recipe.name);
  const { image } = await build(
    {
      ...request,
      context: recipe.folder,
      buildArgs: new Map([
        ...request.buildArgs,
        ...(keys === undefined ? [] : [['SSH_AUTHORIZED_KEYS', keys] as const]),
      ]),
    },
    { ...services, findImage: withPackages(services, options) },
  );
  if (image === undefined) throw new Error('nothing was built');
  const { sourceDateEpoch } = request;
  const path = await writeBase(store, { root, name: recipe.name, image, size, sourceDateEpoch, emitter, signal });
  return { image, path };
}

/** Finds images as any build does, and makes those that are nowhere, if it can. */
function withPackages(
  services: BuildServices,
  { mirror, request }: Pick<BaseRecipeOptions, 'mirror' | 'request'>,
): BuildServices['findImage'] {
  const { store, emitter, signal, version, findImage } = services;
  return async (reference, options) => {
    try {
      return await findImage(reference, options);
    } catch (error) {
      if (!isFirekilnError(error) || signal.aborted || !isBaseName(reference)) throw error;
      emitter.message('info', `${error.message}; making it from packages`);
    }
    const { sourceDateEpoch } = request;
    await buildBase(store, reference, { mirror, sourceDateEpoch, version, node: 'base', emitter, signal });
    return await findImage(reference, { ...options, fresh: false });
  };
}

async function readKeys(path: string): Promise<string> {
  const { data, fault } = await readNamedFile(path, maxKeyBytes);
  if (data === undefined) throw new FirekilnError('USAGE', `--ssh-authorized-key: ${path} ${fault}`);
  const text = data.toString('utf8');
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== '' && !line.startsWith('#'));
  const isKey = (line: string) => /(?:^|\s)(?:ssh-|ecdsa-|sk-)[a-z0-9@.-]+\s+AAAA[A-Za-z0-9+/=]+/.test(line);
  if (lines.length === 0 || !lines.every(isKey)) {
    throw new FirekilnError('USAGE', `--ssh-authorized-key ${path} is no file of public SSH keys`, {
      hint: 'Give the file that ends in .pub; a private key is nothing for an image.',
    });
  }
  return lines.join('\n');
}

/** The folder `baseos` of the checkout or the installed package; undefined for a program that was taken out of it. */
function ownRecipes(): string | undefined {
  for (let folder = dirname(fileURLToPath(import.meta.url)); folder !== dirname(folder); folder = dirname(folder)) {
    if (existsSync(join(folder, 'baseos')) && existsSync(join(folder, 'package.json'))) return join(folder, 'baseos');
  }
  return undefined;
}
