/** The release of Firecracker that is installed where nothing else is named, and that this version was tested with. */
export const knownRelease = {
  version: '1.12.1',
  url: 'https://github.com/firecracker-microvm/firecracker/releases/download/v1.12.1/firecracker-v1.12.1-x86_64.tgz',
} as const;

export type ProgramName = 'firecracker' | 'jailer';

/** SHA-256 of programs of releases, in whatever archive they come: by them an archive of a third party can be used. */
export const knownPrograms: Readonly<Record<string, { readonly name: ProgramName; readonly version: string }>> = {
  b99ea49b8d8b7bfa307d3845585d6a97f7642aa17a985749900370070d8ca930: { name: 'firecracker', version: '1.12.1' },
  '86622337f91df329cca72bb21cd1324fb8b6fa47931601d65ee4b2c72ef2cae5': { name: 'jailer', version: '1.12.1' },
};
