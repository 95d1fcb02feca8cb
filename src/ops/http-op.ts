import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { byteStringFromText, emptyByteString } from '../base/byte-string.ts';
import { FirekilnError } from '../base/errors/firekiln-error.ts';
import { mergeLayers } from '../formats/tree/merged-tree.ts';
import type { HttpNode } from '../graph/node.ts';
import type { Op } from '../solver/op.ts';
import type { SourceNode } from '../source/file-source.ts';
import { buildTime, epochPart } from './build-time.ts';
import { emptyChain, type VertexName, withLayer } from './chain.ts';
import type { Chain, OpsEnvironment } from './environment.ts';
import { ArchiveUnpacker } from './file/archive-unpacker.ts';
import { workLayer } from './file/work-layer.ts';
import { WorkTree } from './file/work-tree.ts';
import { keyPart } from './key-part.ts';

/** A file from an HTTP server, known by what the server says of it; its time is Last-Modified, else 0. */
export function httpOp(node: HttpNode, vertex: VertexName, environment: OpsEnvironment): Op<Chain> {
  const { filename, mode, unpack } = node;
  return {
    describe: async ({ signal, emitter }) => ({
      kind: 'http',
      ...epochPart(environment),
      // The URL is not part of it: the same file from elsewhere is the same file.
      file: await environment.http.identify(node, { node: vertex.id, signal, emitter }),
      form: keyPart({ filename, mode, unpack }),
    }),
    exec: async (_, { signal, emitter }) => {
      await using fetched = await environment.http.fetch(node, { node: vertex.id, signal, emitter });
      await using unpacker = new ArchiveUnpacker(environment.store, signal);
      const work = new WorkTree(mergeLayers([]));
      const { size } = await stat(fetched.path);
      const name = byteStringFromText(filename);
      const file: SourceNode = {
        kind: 'file',
        mode,
        uid: 0,
        gid: 0,
        mtimeSec: fetched.mtimeSec ?? 0,
        mtimeNsec: 0,
        size,
        identity: 0,
        links: 1,
        read: () => createReadStream(fetched.path),
        digest: async () => await Promise.reject(new Error('nobody asks for it')),
      };
      if (unpack) {
        if (!(await unpacker.isArchive(file))) {
          throw new FirekilnError('TAR_INVALID', `what ${node.url} gives is no tar archive`);
        }
        const time = buildTime(environment);
        await unpacker.unpack(file, { to: work, destination: emptyByteString, owner: undefined, time, name });
      } else work.put(name, { meta: file, content: file });
      const tar = workLayer(work, { signal, clampTime: environment.sourceDateEpoch });
      const { diffId } = await environment.store.layers.put(tar, { signal });
      return withLayer(emptyChain, diffId, vertex.name, environment);
    },
  };
}
