import { FirekilnError } from '../base/errors/firekiln-error.ts';
import type { Emitter, EventBody } from '../base/events.ts';
import { layerDifferences } from '../images/layer-differences.ts';
import type { Chain } from '../ops/environment.ts';
import { placeOfStep } from './place-of-step.ts';
import { type SolveOptions, solvePlan } from './solve-plan.ts';

/** Paths that are told of. */
const maxDifferences = 10;

/**
 * Carries out every step once more, reading nothing from the cache and leaving nothing in it, and compares the layers.
 * Throws NOT_REPRODUCIBLE, naming the step, the first path that differs and what differs there.
 */
export async function checkReproducible(options: SolveOptions, first: Chain): Promise<void> {
  const { request, services, plan } = options;
  const emitter = again(services.emitter);
  const startedAt = request.sourceDateEpoch === undefined ? Date.now() : options.startedAt;
  const second = await solvePlan({ ...options, services: { ...services, emitter }, startedAt, ignoreCache: true });
  const at = [...first.layers, undefined].findIndex((layer, i) => layer !== second.layers[i]);
  const [before, after] = [first.layers[at], second.layers[at]];
  if (before === undefined && after === undefined) {
    const count = first.layers.length;
    services.emitter.message('info', `reproducible: ${count} layers are the same when they are built again`);
    return;
  }
  const name = first.names[at] ?? second.names[at] ?? '';
  const step = name === '' ? `layer ${at + 1}` : name;
  const found =
    before === undefined || after === undefined
      ? []
      : await layerDifferences(services.store, before, after, maxDifferences);
  const [top, ...others] = found;
  const what = top === undefined ? 'the layers have other bytes' : `${top.path}: ${top.text}`;
  const error = new FirekilnError('NOT_REPRODUCIBLE', `${step} gives something else when it is built again: ${what}`, {
    details: others.map(({ path, text }) => `${path}: ${text}`),
    hint:
      request.sourceDateEpoch === undefined
        ? 'Without SOURCE_DATE_EPOCH in the environment the times of new files always differ.'
        : 'Make the step write the same each time: no dates, random numbers or unpinned downloads.',
  });
  const place = placeOfStep((info) => info.name === name, plan);
  throw place === undefined ? error : error.withSource(place);
}

/** Steps of the second time have names of their own. */
function again(emitter: Emitter): Emitter {
  const renamed = (body: EventBody): EventBody => {
    if (!('node' in body)) return body;
    const node = `${body.node} again`;
    return 'name' in body ? { ...body, node, name: `${body.name} (again)` } : { ...body, node };
  };
  return {
    emit: (body) => emitter.emit(renamed(body)),
    message: (level, text, hint) => emitter.message(level, text, hint),
    with: (head) => again(emitter.with(head)),
  };
}
