import type { Digest } from '../base/digest.ts';
import type { Leases } from './leases.ts';
import type { RecordTable } from './record-table.ts';
import type { PinRecords } from './store.ts';

const pinKind = 'pin';

export class PinRecordStore implements PinRecords {
  readonly #records: RecordTable;
  readonly #leases: Leases;

  constructor(records: RecordTable, leases: Leases) {
    this.#records = records;
    this.#leases = leases;
  }

  async set(name: string, refs: readonly Digest[]): Promise<void> {
    await this.#leases.beforeLook(...refs);
    this.#records.put([{ kind: pinKind, key: name, label: name, value: null, refs }], { durable: true });
  }

  async remove(name: string): Promise<boolean> {
    return this.#records.delete(pinKind, name);
  }

  async list(): Promise<readonly { readonly name: string; readonly refs: readonly Digest[] }[]> {
    return this.#records
      .list(pinKind)
      .flatMap((record) => ('damaged' in record ? [] : [{ name: record.key, refs: record.refs }]));
  }
}
