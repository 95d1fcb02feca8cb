import type { Platform } from '../formats/oci/image.ts';
import type { ResolvedImage } from '../images/image-source.ts';
import type { App } from './app.ts';
import { openImages } from './images.ts';

/** Fetches an image, whatever the image store has under the name. */
export async function pullImage(app: App, name: string, platform: Platform): Promise<ResolvedImage> {
  const { emitter, signal } = app;
  const images = await openImages(app);
  const node = `pull ${name}`;
  const started = performance.now();
  emitter.emit({ event: 'node.started', node, name: node });
  try {
    const image = await images.pull(name, { platform, fresh: true, emitter, signal });
    await image.layers({ node, emitter, signal });
    emitter.emit({ event: 'node.finished', node, durationMs: performance.now() - started });
    return image;
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    emitter.emit({ event: 'node.failed', node, durationMs: performance.now() - started, text });
    throw error;
  }
}
