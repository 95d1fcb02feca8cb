import { sha256 } from '../../../src/base/digest.ts';
import { bytesAccess } from '../../../src/formats/io/bytes-access.ts';
import { LayerIndexer } from '../../../src/formats/layer-index/layer-indexer.ts';
import { openLayerIndex } from '../../../src/formats/layer-index/open-layer-index.ts';
import { TarReader } from '../../../src/formats/tar/tar-reader.ts';
import { joined } from '../../support/layer-of.ts';
import { type RawMember, rawTar } from '../../support/raw-tar.ts';
import { sampleMembers } from '../sample-members.ts';
import type { CorpusEntry, FuzzTarget } from '../target.ts';

/** The tar reader, and what a layer makes of what it read: the index of it must be one that can be opened and walked. */
export const tarTarget: FuzzTarget = {
  what: 'tar archives as layers',
  maxSeconds: 5,
  async corpus() {
    const entry = (members: readonly RawMember[]): CorpusEntry => {
      const data = rawTar(members);
      const hot = Array.from({ length: data.length / 512 }, (_, i) => i * 512);
      return { data, hot, mend: (changed, random) => (random.oneIn(5) ? changed : mendSums(changed)) };
    };
    return new Map([
      ['everything', entry(sampleMembers(20))],
      ['sparse', entry(sampleMembers(0).slice(3, 7))],
      ['empty', entry([])],
    ]);
  },
  run(data, random) {
    const reader = new TarReader(() => {});
    // In pieces of odd sizes, as a network gives them.
    const most = random.pick([1, 7, 512, 1000, 65536]);
    for (let at = 0; at < data.length; ) {
      const length = 1 + random.below(most);
      reader.push(data.subarray(at, at + length));
      at += length;
    }
    reader.end();
    const diffId = sha256(data);
    const indexer = new LayerIndexer({ zeroDevices: random.oneIn(2) ? 'refuse' : 'whiteout' });
    indexer.push(data);
    const index = joined(indexer.finish(diffId).chunks);
    const opened = openLayerIndex(bytesAccess(index), { diffId, size: data.length });
    let count = 0;
    for (const { path } of opened.entries()) {
      if (opened.lookup(path) === undefined) throw new Error(`an entry that can't be looked up: ${path}`);
      count++;
    }
    if (count !== opened.entryCount) throw new Error('a count that is wrong');
  },
};

/** Gives every block that may be a header the right checksum. */
function mendSums(data: Buffer): Buffer {
  for (let at = 0; at + 512 <= data.length; at += 512) {
    const block = data.subarray(at, at + 512);
    if (block.toString('latin1', 257, 262) !== 'ustar') continue;
    block.fill(' ', 148, 156);
    let sum = 0;
    for (const byte of block) sum += byte;
    block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  }
  return data;
}
