import type { Collected } from './collect.ts';
import type { Folders } from './folders.ts';
import type { GroupUsage } from './group-usage.ts';
import type { Identity } from './identity.ts';
import type { LayoutPlan } from './layout-plan.ts';
import type { Ext4Source } from './options.ts';
import type { XattrStorage } from './xattr-blocks.ts';

/** Everything that is known before the first byte is written. */
export interface Image {
  readonly layers: Ext4Source['layers'];
  readonly collected: Collected;
  readonly folders: Folders;
  readonly xattrs: XattrStorage;
  readonly layout: LayoutPlan;
  readonly usage: GroupUsage;
  readonly identity: Identity;
  readonly label: Uint8Array;
  readonly epoch: number;
  readonly isWritable: boolean;
  /** Blocks of the journal; 0: none. */
  readonly journalBlocks: number;
}
