import { incompatFeature as feature } from '../layout/features.ts';
import { unsupported } from './image-error.ts';

/** Features that change how the image is read, and that the reader knows. */
const supported =
  feature.filetype |
  feature.recover |
  feature.metaBg |
  feature.extents |
  feature.bit64 |
  feature.mmp |
  feature.flexBg |
  feature.eaInode |
  feature.checksumSeed |
  feature.largeDir |
  feature.inlineData |
  // Per inode: refused where an inode has them.
  feature.encrypt |
  feature.casefold;

const refused: readonly (readonly [number, string])[] = [
  [feature.compression, 'compression'],
  [feature.journalDevice, 'an external journal as an image (journal_dev)'],
  [feature.dirData, 'data in directory entries (dirdata)'],
];

/** EXT4_UNSUPPORTED if an incompatible feature is set that the reader does not have. */
export function refuseFeatures(incompat: number): void {
  for (const [bit, name] of refused) {
    if ((incompat & bit) !== 0) throw unsupported('superblock', `the feature ${name}`);
  }
  const unknown = (incompat & ~supported) >>> 0;
  if (unknown !== 0) {
    throw unsupported('superblock', `the incompatible feature bit 0x${unknown.toString(16)}`);
  }
}
