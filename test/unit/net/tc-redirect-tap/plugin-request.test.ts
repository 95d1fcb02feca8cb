import { describe, expect, it } from 'vitest';
import { readRequest } from '../../../../src/net/tc-redirect-tap/plugin-request.ts';

const env = { CNI_COMMAND: 'ADD', CNI_CONTAINERID: 'vm-1', CNI_NETNS: '/run/netns/x', CNI_IFNAME: 'eth0' };
const config = { cniVersion: '0.4.0', name: 'n', type: 'tc-redirect-tap' };
const read = (change: NodeJS.ProcessEnv = {}, more: unknown = config) =>
  readRequest({ ...env, ...change }, typeof more === 'string' ? more : JSON.stringify(more));

describe('what a runtime asks of tc-redirect-tap', () => {
  it("reads awslabs' arguments and leaves all others alone", () => {
    const args = 'IgnoreUnknown=1;TC_REDIRECT_TAP_NAME=vmtap;TC_REDIRECT_TAP_UID=123;K8S_POD=a=b;TC_REDIRECT_TAP_GID=4';
    expect(read({ CNI_ARGS: args })).toMatchObject({
      command: 'ADD',
      version: '0.4.0',
      containerId: 'vm-1',
      tap: { name: 'vmtap', uid: 123, gid: 4 },
    });
  });

  it('gives the tap to its own user by default', () => {
    expect(read().tap).toEqual({ name: undefined, uid: process.geteuid?.(), gid: process.getegid?.() });
  });

  it('reads the result of the plugin before it', () => {
    const prevResult = { cniVersion: '0.4.0', interfaces: [{ name: 'eth0' }], ips: [], dns: {} };
    expect(read({}, { ...config, prevResult }).previous).toMatchObject({ interfaces: [{ name: 'eth0' }] });
  });

  it('needs no namespace for DEL, and no container for VERSION', () => {
    expect(read({ CNI_COMMAND: 'DEL', CNI_NETNS: '' }).netns).toBe('');
    expect(readRequest({ CNI_COMMAND: 'VERSION' }, '{"cniVersion":"9.0.0"}').command).toBe('VERSION');
  });

  it.each([
    ['a version yet to come', {}, { ...config, cniVersion: '2.0.0' }, 1, /incompatible/],
    ['no container', { CNI_CONTAINERID: '' }, config, 4, /CNI_CONTAINERID/],
    ['a path as an interface', { CNI_IFNAME: '../../x' }, config, 4, /CNI_IFNAME/],
    ['an interface with a command of tc', { CNI_IFNAME: 'a dev b' }, config, 4, /CNI_IFNAME/],
    ['no namespace', { CNI_NETNS: '' }, config, 4, /CNI_NETNS/],
    ['a tap with a line of its own', { CNI_ARGS: 'TC_REDIRECT_TAP_NAME=a\nlink' }, config, 4, /TAP_NAME/],
    ['a user by name', { CNI_ARGS: 'TC_REDIRECT_TAP_UID=root' }, config, 4, /TAP_UID/],
    ['a user out of range', { CNI_ARGS: 'TC_REDIRECT_TAP_GID=4294967295' }, config, 4, /TAP_GID/],
    ['a pair that is none', { CNI_ARGS: 'TAP' }, config, 4, /CNI_ARGS/],
    ['no JSON', {}, '{', 6, /no JSON object/],
    ['a list', {}, '[]', 6, /no JSON object/],
    ['a damaged result', {}, { ...config, prevResult: { ips: [{}] } }, 6, /ips\[0\]\.address/],
  ])('refuses %s', (_, change, more, code, message) => {
    expect(() => read(change, more)).toThrow(
      expect.objectContaining({ code, message: expect.stringMatching(message) as string }),
    );
  });
});
