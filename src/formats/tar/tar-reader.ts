import { type ByteString, byteString, textOf } from '../../base/byte-string.ts';
import { FirekilnError } from '../../base/errors/firekiln-error.ts';
import { draftMember, type MemberDraft } from './member-draft.ts';
import { mergePaxRecords, noPaxRecords, type PaxRecords, parsePaxRecords } from './pax-records.ts';
import { SparseMapBuilder, SparseMapText, sparseExtents, takeOldGnuEntries } from './sparse-map.ts';
import { blockBytes, parseTarHeader, type TarHeader } from './tar-header.ts';
import { maxLongNameBytes, maxPaxBytes, maxSparseExtentsTotal, maxTarMembers } from './tar-limits.ts';
import type { TarMember } from './tar-member.ts';
import { typeFlags } from './type-flags.ts';

/** What the next bytes are. */
type State = 'header' | 'after-zeros' | 'meta' | 'old-gnu-map' | 'pax-map' | 'end';

/**
 * Reads a tar archive from chunks of any size: v7, ustar, PAX, GNU and star headers, mixed as they come. Data is passed
 * over; members say where in the archive it lies. The archive ends with two blocks of zeros or with its last byte; what
 * follows the zeros is not looked at. Throws TAR_INVALID and LIMIT_EXCEEDED, naming entry and offset, and is of no use
 * afterwards.
 */
export class TarReader {
  readonly #onMember: (member: TarMember) => void;
  #state: State = 'header';
  /** Bytes read so far. */
  #offset = 0;
  /** Bytes to pass over; the last `#padding` of them may be missing at the end of the archive. */
  #skip = 0;
  #padding = 0;
  #want = blockBytes;
  #have = 0;
  #gathered = Buffer.allocUnsafe(blockBytes);
  /** Position of the first header of the member at hand. */
  #memberOffset = 0;
  /** Headers have told of a member that has not come yet. */
  #isOpen = false;
  #members = 0;
  #extents = 0;
  #globals = noPaxRecords;
  #pax: PaxRecords | undefined;
  #longName: ByteString | undefined;
  #longLink: ByteString | undefined;
  #header: TarHeader | undefined;
  #draft: MemberDraft | undefined;
  #map: SparseMapBuilder | undefined;
  #mapText: SparseMapText | undefined;
  #stored = 0;
  readonly #exceeds = (reason: string): never => this.#refuse('LIMIT_EXCEEDED', reason);
  readonly #fail = (reason: string): never => this.#refuse('TAR_INVALID', reason);

  constructor(onMember: (member: TarMember) => void) {
    this.#onMember = onMember;
  }

  push(chunk: Uint8Array): void {
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    let at = 0;
    while (at < bytes.length) {
      const left = bytes.length - at;
      if (this.#skip > 0) {
        const passed = Math.min(this.#skip, left);
        this.#skip -= passed;
        this.#offset += passed;
        at += passed;
        continue;
      }
      if (this.#state === 'end') {
        this.#offset += left;
        return;
      }
      if (this.#have === 0 && left >= this.#want) {
        const length = this.#want;
        this.#offset += length;
        this.#take(bytes.subarray(at, at + length));
        at += length;
        continue;
      }
      at += this.#gather(bytes, at);
    }
  }

  /** To be called after the last chunk. */
  end(): void {
    if (this.#state === 'end') return;
    const missing = Math.max(0, this.#skip - this.#padding);
    if (missing > 0) this.#fail(`the archive ends ${missing} bytes before its data does`);
    const isBetween = this.#state === 'header' || this.#state === 'after-zeros';
    if (isBetween && this.#have === 0 && !this.#isOpen) return;
    if (!this.#isOpen) this.#startMember(this.#offset - this.#have);
    this.#fail('the archive ends within its headers');
  }

  #startMember(offset: number): void {
    this.#memberOffset = offset;
    this.#header = undefined;
    this.#draft = undefined;
  }

  #gather(bytes: Buffer, at: number): number {
    if (this.#gathered.length < this.#want) this.#gathered = Buffer.allocUnsafe(this.#want);
    const count = Math.min(this.#want - this.#have, bytes.length - at);
    bytes.copy(this.#gathered, this.#have, at, at + count);
    this.#have += count;
    this.#offset += count;
    if (this.#have === this.#want) {
      this.#have = 0;
      this.#take(this.#gathered.subarray(0, this.#want));
    }
    return count;
  }

  #take(block: Buffer): void {
    switch (this.#state) {
      case 'header':
        if (block[0] === 0 && block.every((byte) => byte === 0)) this.#takeZeros();
        else this.#takeHeader(block);
        break;
      case 'after-zeros':
        if (!block.every((byte) => byte === 0)) {
          this.#startMember(this.#offset - blockBytes);
          this.#fail('it follows a block of zeros, half the mark of the end');
        }
        this.#state = 'end';
        break;
      case 'meta':
        this.#takeMeta(block);
        break;
      case 'old-gnu-map':
        this.#takeOldGnuMap(block, 0, 21, block[504] !== 0);
        break;
      case 'pax-map':
        this.#takePaxMap(block);
        break;
      case 'end':
        break;
    }
  }

  #takeZeros(): void {
    if (this.#isOpen) this.#fail('the archive ends within its headers');
    this.#state = 'after-zeros';
  }

  #takeHeader(block: Buffer): void {
    if (!this.#isOpen) this.#startMember(this.#offset - blockBytes);
    this.#isOpen = true;
    if (++this.#members > maxTarMembers) this.#exceeds(`maxTarMembers is ${maxTarMembers}`);
    const header = parseTarHeader(block, this.#fail);
    this.#header = header;
    if (header.size < 0) this.#fail('its size is negative');
    switch (header.typeFlag) {
      case typeFlags.pax:
      case typeFlags.sunPax:
      case typeFlags.paxGlobal:
        this.#wantMeta(header.size, maxPaxBytes, 'an extended header', 'maxPaxBytes');
        return;
      case typeFlags.gnuLongName:
      case typeFlags.gnuLongLink:
        this.#wantMeta(header.size, maxLongNameBytes, 'a name', 'maxLongNameBytes');
        return;
      default:
        this.#takeMember(header, block);
    }
  }

  #wantMeta(size: number, limit: number, what: string, limitName: string): void {
    if (size > limit) this.#exceeds(`it has ${what} of ${size} bytes; ${limitName} is ${limit}`);
    this.#state = 'meta';
    this.#want = padded(size);
    if (this.#want === 0) this.#takeMeta(Buffer.alloc(0));
  }

  #takeMeta(data: Buffer): void {
    const { typeFlag, size } = this.#header ?? this.#fail('it has no header');
    const content = data.subarray(0, size);
    if (typeFlag === typeFlags.gnuLongName) this.#longName = upToNul(content);
    else if (typeFlag === typeFlags.gnuLongLink) this.#longLink = upToNul(content);
    else {
      const records = parsePaxRecords(content, this.#fail);
      if (typeFlag === typeFlags.paxGlobal) this.#takeGlobals(records);
      else this.#pax = records;
    }
    this.#wantHeader();
  }

  #takeGlobals(records: PaxRecords): void {
    for (const keyword of records.values.keys()) {
      const isOfOneMember = /^(?:path|linkpath|size|GNU\.sparse\..*)$/.test(keyword);
      if (isOfOneMember) this.#fail(`it says of all members what can be true of one only: ${keyword}`);
    }
    this.#globals = mergePaxRecords(this.#globals, { values: records.values, sparsePairs: [] });
    let bytes = 0;
    for (const [keyword, value] of this.#globals.values) bytes += keyword.length + value.length;
    if (bytes > maxPaxBytes) {
      this.#exceeds(`global headers hold ${bytes} bytes; maxPaxBytes is ${maxPaxBytes}`);
    }
    this.#isOpen = this.#pax !== undefined || this.#longName !== undefined || this.#longLink !== undefined;
  }

  #wantHeader(): void {
    this.#state = 'header';
    this.#want = blockBytes;
  }

  #takeMember(header: TarHeader, block: Buffer): void {
    const records = mergePaxRecords(this.#globals, this.#pax ?? noPaxRecords);
    const draft = draftMember(
      { header, records, longName: this.#longName, longLink: this.#longLink, offset: this.#memberOffset },
      this.#fail,
    );
    this.#draft = draft;
    this.#stored = draft.stored;
    this.#wantHeader();
    if (draft.sparse === undefined) {
      this.#finish(draft.plainData(this.#offset));
      return;
    }
    this.#map = new SparseMapBuilder(this.#fail, this.#exceeds);
    switch (draft.sparse.format) {
      case 'old-gnu':
        this.#takeOldGnuMap(block, 386, 4, block[482] !== 0);
        break;
      case 'pax-0':
        draft.sparse.fill(this.#map);
        this.#finishSparse();
        break;
      case 'pax-1':
        this.#mapText = new SparseMapText(this.#map, this.#fail);
        this.#wantMap();
        break;
    }
  }

  #takeOldGnuMap(block: Buffer, start: number, count: number, isExtended: boolean): void {
    const map = this.#map ?? this.#fail('it has no sparse map');
    takeOldGnuEntries(map, block, start, count);
    this.#checkExtents(map.pieces.length);
    if (isExtended) {
      // Blocks without a single piece would go on for ever.
      if (start === 0 && block[0] === 0) this.#fail('its sparse map has an empty block');
      this.#state = 'old-gnu-map';
      this.#want = blockBytes;
    } else this.#finishSparse();
  }

  #wantMap(): void {
    if (this.#stored < blockBytes) this.#fail('its data ends within its sparse map');
    this.#stored -= blockBytes;
    this.#state = 'pax-map';
    this.#want = blockBytes;
  }

  #takePaxMap(block: Buffer): void {
    if (this.#mapText?.take(block) === true) this.#finishSparse();
    else this.#wantMap();
    this.#checkExtents(this.#map?.pieces.length ?? 0);
  }

  #checkExtents(more: number): void {
    if (this.#extents + more <= maxSparseExtentsTotal) return;
    this.#exceeds(`too many pieces of sparse files; maxSparseExtentsTotal is ${maxSparseExtentsTotal}`);
  }

  #finishSparse(): void {
    const pieces = this.#map?.pieces ?? [];
    const place = { size: this.#draft?.size ?? 0, stored: this.#stored, blobOffset: this.#offset };
    this.#checkExtents(pieces.length);
    this.#extents += pieces.length;
    this.#map = undefined;
    this.#mapText = undefined;
    this.#wantHeader();
    this.#finish(sparseExtents(pieces, place, this.#fail));
  }

  /** Hands the member on and passes over its data. */
  #finish(data: TarMember['data']): void {
    const draft = this.#draft ?? this.#fail('it has no header');
    this.#skip = padded(this.#stored);
    this.#padding = this.#skip - this.#stored;
    this.#isOpen = false;
    this.#pax = undefined;
    this.#longName = undefined;
    this.#longLink = undefined;
    // A volume label is not an entry.
    if (draft.header.typeFlag !== typeFlags.gnuVolume) this.#onMember(draft.member(data));
  }

  #refuse(code: 'TAR_INVALID' | 'LIMIT_EXCEEDED', reason: string): never {
    const name = this.#draft?.path ?? this.#longName ?? this.#header?.path;
    const entry = name === undefined ? 'the tar entry' : `tar entry ${JSON.stringify(textOf(name))}`;
    throw new FirekilnError(code, `${entry} at byte ${this.#memberOffset}: ${reason}`);
  }
}

function padded(size: number): number {
  return size + ((blockBytes - (size % blockBytes)) % blockBytes);
}

function upToNul(data: Buffer): ByteString {
  const end = data.indexOf(0);
  return byteString(end === -1 ? data : data.subarray(0, end));
}
