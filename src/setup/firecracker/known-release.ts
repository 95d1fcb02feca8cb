/** The release of Firecracker that is installed where nothing else is named, and that this version was tested with. */
export const knownRelease = {
  version: '1.12.1',
  url: 'https://github.com/firecracker-microvm/firecracker/releases/download/v1.12.1/firecracker-v1.12.1-x86_64.tgz',
  sha256: '0a75e67ef6e4c540a2cf248b06822b0be9820cbba9fe19f9e0321200fe76ff6b',
} as const;

/** SHA-256 of archives of releases, as in the `.sha256.txt` beside each, and the version. */
export const knownArchives: Readonly<Record<string, string>> = {
  [knownRelease.sha256]: knownRelease.version,
  '382a02a869e4d6d5cb14c40577f9545e8458021ea8b0b2d3fc10ec14d9c242e6': '1.16.1',
};

export type ProgramName = 'firecracker' | 'jailer';

/** SHA-256 of programs of releases, in whatever archive they come: by them an archive of a third party can be used. */
export const knownPrograms: Readonly<Record<string, { readonly name: ProgramName; readonly version: string }>> = {
  b99ea49b8d8b7bfa307d3845585d6a97f7642aa17a985749900370070d8ca930: { name: 'firecracker', version: '1.12.1' },
  '2fd0171309af7e24cf8dafc8a6f921c1434c49b5f9349bb996b7ed0a4deb8aa7': { name: 'firecracker', version: '1.16.1' },
  '1f3a0c1fe86212d0001819bfe0819071c01208b3ccc9398c3b3bc1b84cf21edd': { name: 'jailer', version: '1.16.1' },
  '86622337f91df329cca72bb21cd1324fb8b6fa47931601d65ee4b2c72ef2cae5': { name: 'jailer', version: '1.12.1' },
};
