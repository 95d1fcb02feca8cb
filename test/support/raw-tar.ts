/** Archives byte by byte, wrong ones too. */
export interface RawMember {
  readonly name?: string;
  readonly typeFlag?: string;
  readonly dialect?: 'v7' | 'ustar' | 'gnu';
  readonly data?: Uint8Array;
  /** Of a PAX header: what its data is made from. */
  readonly records?: Readonly<Record<string, string>>;
  readonly linkName?: string;
  /** Fields that do not have the value they should. */
  readonly fields?: Readonly<Partial<Record<keyof typeof places, string | Uint8Array>>>;
  readonly signedSum?: boolean;
  /** Instead of all else. */
  readonly raw?: Uint8Array;
}

const places = { mode: 100, uid: 108, gid: 116, size: 124, mtime: 136, devMajor: 329, devMinor: 337, prefix: 345 };

export function rawTar(members: readonly RawMember[], { end = true } = {}): Buffer {
  const blocks: Uint8Array[] = members.flatMap((member) => blocksOf(member));
  if (end) blocks.push(Buffer.alloc(1024));
  return Buffer.concat(blocks);
}

export function paxData(records: Readonly<Record<string, string | Uint8Array>>): Buffer {
  return Buffer.concat(Object.entries(records).map(([keyword, value]) => paxRecord(keyword, Buffer.from(value))));
}

function paxRecord(keyword: string, value: Buffer): Buffer {
  const rest = Buffer.concat([Buffer.from(` ${keyword}=`), value, Buffer.from('\n')]);
  let length = rest.length + 1;
  while (String(length).length + rest.length !== length) length = String(length).length + rest.length;
  return Buffer.concat([Buffer.from(String(length)), rest]);
}

function blocksOf(member: RawMember): Uint8Array[] {
  if (member.raw !== undefined) return [member.raw];
  const data = member.data ?? (member.records === undefined ? Buffer.alloc(0) : paxData(member.records));
  const header = Buffer.alloc(512);
  header.write(member.name ?? '', 0, 100, 'latin1');
  header.write('0000644\x000000000\x000000000\0', 100, 'latin1');
  header.write(`${data.length.toString(8).padStart(11, '0')}\x0000000000000\0`, 124, 'latin1');
  header.write(member.typeFlag ?? '0', 156, 'latin1');
  header.write(member.linkName ?? '', 157, 100, 'latin1');
  const dialect = member.dialect ?? 'ustar';
  if (dialect !== 'v7') header.write(dialect === 'gnu' ? 'ustar  \0' : 'ustar\x0000', 257, 'latin1');
  for (const [field, value] of Object.entries(member.fields ?? {})) {
    header.set(Buffer.from(value as string), places[field as keyof typeof places]);
  }
  header.write('        ', 148, 'latin1');
  let sum = 0;
  for (const byte of header) sum += member.signedSum === true && byte > 127 ? byte - 256 : byte;
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return [header, data, Buffer.alloc((512 - (data.length % 512)) % 512)];
}
