import { describe, expect, it } from 'vitest';
import type { BuildFlags } from '../../../src/cli/commands/build-flags.ts';
import { buildRequest } from '../../../src/cli/commands/build-request.ts';

const none: BuildFlags = {
  tag: [],
  initCommand: [],
  preBuildCommand: [],
  postBuildCommand: [],
  buildArg: [],
  buildContext: [],
  secret: [],
  ssh: [],
  label: [],
  addHost: [],
  allow: [],
  cache: true,
  cacheFilter: [],
  output: [],
};
const request = (flags: Partial<BuildFlags>, env: NodeJS.ProcessEnv = {}) =>
  buildRequest('.', { ...none, ...flags }, env);

describe('the command line of build', () => {
  it('takes build arguments from the environment where no value is given', () => {
    const { buildArgs } = request({ buildArg: ['A=1', 'B', 'C', 'D=x=y'] }, { B: '2' });
    expect([...buildArgs]).toEqual([
      ['A', '1'],
      ['B', '2'],
      ['D', 'x=y'],
    ]);
  });

  it('reads hosts, sizes and the epoch', () => {
    const read = request(
      { addHost: ['a:10.0.0.1', 'b=[::1]'], shmSize: '64m', allow: ['security.insecure'] },
      { SOURCE_DATE_EPOCH: '1700000000' },
    );
    expect(read.extraHosts).toEqual([
      { host: 'a', address: '10.0.0.1' },
      { host: 'b', address: '::1' },
    ]);
    expect(read).toMatchObject({ shmSize: 64 << 20, allowInsecure: true, sourceDateEpoch: 1_700_000_000 });
  });

  it.each<[Partial<BuildFlags>, RegExp]>([
    [{ network: 'host' }, /not on the network of the host/],
    [{ addHost: ['a:b'] }, /IP address/],
    [{ buildContext: ['a'] }, /NAME=LOCATOR/],
    [{ label: ['=a'] }, /no name/],
    [{ shmSize: 'lots' }, /no size/],
    [{ file: 'a', dockerfile: 'b' }, /two Dockerfiles/],
    [{ isolation: 'none' }, /group, step/],
    [{ push: true } as unknown as Partial<BuildFlags>, /--push of docker build is not a flag/],
  ])('refuses %j', (flags, message) => {
    expect(() => request(flags)).toThrow(message);
  });
});
