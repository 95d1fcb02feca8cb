import { resolve } from 'node:path';
import { cloneFile } from '../../base/clone-file.ts';
import type { StoredImage } from '../../images/image.ts';
import type { BuildRequest } from '../build-request.ts';
import type { BuildServices } from '../build-services.ts';
import { keepInBuilds } from './builds-folder.ts';

/** With --machine-rootfs-base, keeps the result below `_builds` of the base store under each of its tags. */
export async function keepResult(options: {
  readonly request: BuildRequest;
  readonly services: BuildServices;
  readonly image: StoredImage;
  /** Of a target that was built in place; otherwise one is made of the image's layers. */
  readonly disk: string | undefined;
  readonly tags: readonly string[];
}): Promise<void> {
  const { request, services, image, disk, tags } = options;
  const { baseStore } = request;
  if (baseStore === undefined) return;
  const { emitter, signal } = services;
  if (tags.length === 0) {
    if (request.inPlace !== undefined)
      emitter.message('warn', `without --tag nothing is kept in _builds of ${baseStore}`);
    return;
  }
  // Made once, copied for further tags.
  let made = disk;
  for (const tag of tags) {
    const folder = await keepInBuilds({
      root: resolve(request.cwd, baseStore),
      tag,
      image,
      asked: askedFor(request),
      write: async (path) => {
        if (made !== undefined) await cloneFile(made, path, signal);
        else
          await services.exportImage({
            type: 'ext4',
            dest: path,
            image,
            sourceDateEpoch: request.sourceDateEpoch,
            emitter,
            signal,
          });
      },
    });
    made ??= `${folder}/rootfs`;
    emitter.message('info', `root file system: ${folder}/rootfs`);
  }
}

function askedFor({ dockerfile, context, tags, target, buildArgs, inPlace }: BuildRequest): Record<string, unknown> {
  return { dockerfile, context, tags, target, buildArgs: Object.fromEntries(buildArgs), inPlace };
}
