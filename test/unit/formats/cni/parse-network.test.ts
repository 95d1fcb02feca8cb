import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isFirekilnError } from '../../../../src/base/errors/firekiln-error.ts';
import { parseNetwork, parseSinglePlugin } from '../../../../src/formats/cni/parse-network.ts';
import { pluginInput } from '../../../../src/formats/cni/plugin-input.ts';

const parse = (value: unknown) =>
  parseNetwork(typeof value === 'string' ? value : JSON.stringify(value), '/etc/cni/net.d/10-n.conflist');

const list = {
  name: 'n',
  cniVersion: '0.4.0',
  plugins: [
    { type: 'bridge', bridge: 'b0' },
    { type: 'portmap', capabilities: { portMappings: true, ips: false } },
  ],
};

describe('parseNetwork', () => {
  it('reads a chain of plugins', () => {
    expect(parse(list)).toEqual({
      name: 'n',
      versions: ['0.4.0'],
      disableCheck: false,
      disableGC: false,
      onlyInlined: false,
      plugins: [
        { type: 'bridge', capabilities: [], config: list.plugins[0] },
        { type: 'portmap', capabilities: ['portMappings'], config: list.plugins[1] },
      ],
      text: JSON.stringify(list),
    });
  });

  it('keeps of several versions those that Firekiln speaks', () => {
    const { versions } = parse({ ...list, cniVersions: ['1.1.0', '0.2.0', '1.0.0', '9.9.9'] });
    expect(versions).toEqual(['0.4.0', '1.0.0', '1.1.0']);
    expect(parse({ ...list, cniVersion: '9.9.9', cniVersions: ['1.0.0'] }).versions).toEqual(['1.0.0']);
  });

  it('takes words for booleans, as libcni does', () => {
    expect(parse({ ...list, disableCheck: 'True', disableGC: true })).toMatchObject({
      disableCheck: true,
      disableGC: true,
    });
  });

  it('may have its plugins in files beside it', () => {
    expect(parse({ name: 'n', cniVersion: '1.0.0' }).plugins).toEqual([]);
  });

  it('takes one plugin alone for a chain of one', () => {
    const single = { name: 'n', cniVersion: '0.3.1', type: 'bridge' };
    const network = parseSinglePlugin(JSON.stringify(single), '10-n.conf');
    expect(network).toMatchObject({ name: 'n', versions: ['0.3.1'], plugins: [{ type: 'bridge', config: single }] });
    expect(JSON.parse(network.text)).toEqual({ name: 'n', cniVersion: '0.3.1', plugins: [single] });
  });

  it.each([
    ['no JSON', '{', /10-n\.conflist: not JSON/],
    ['no name', { ...list, name: undefined }, /name is missing/],
    ['a name that leads out of a folder', { ...list, name: '../n' }, /name is "\.\.\/n"/],
    ['no version', { ...list, cniVersion: undefined }, /has no cniVersion/],
    ['a version of another age', { ...list, cniVersion: '0.2.0' }, /is of CNI version 0\.2\.0/],
    ['a version that is a number', { ...list, cniVersion: 1 }, /cniVersion is 1/],
    ['no plugins in the list', { ...list, plugins: [] }, /plugins is a list, not a list of plugins/],
    ['a plugin without a type', { ...list, plugins: [{ bridge: 'b' }] }, /plugins\[0\]\.type is missing/],
    ['a plugin that is a path', { ...list, plugins: [{ type: '../../bin/sh' }] }, /plugins\[0\]\.type is/],
    [
      'inlined plugins alone and none',
      { name: 'n', cniVersion: '1.0.0', loadOnlyInlinedPlugins: true },
      /plugins is missing/,
    ],
    ['a strange flag', { ...list, disableCheck: 'perhaps' }, /disableCheck is "perhaps"/],
    ['too many plugins', { ...list, plugins: Array.from({ length: 65 }, () => ({ type: 'x' })) }, /65 items/],
  ])('refuses %s', (_, value, message) => {
    expect(() => parse(value)).toThrow(message);
  });

  it('answers anything with a network or an error of its own', () => {
    const shape = fc.record(
      { name: fc.string(), cniVersion: fc.anything(), cniVersions: fc.anything(), plugins: fc.anything() },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.json(),
          shape.map((value) => JSON.stringify(value)),
        ),
        (text) => {
          for (const read of [parseNetwork, parseSinglePlugin]) {
            try {
              read(text, 'anything');
            } catch (error) {
              if (!isFirekilnError(error)) throw error;
            }
          }
        },
      ),
    );
  });
});

describe('pluginInput', () => {
  const network = parse(list);
  const [bridge, portmap] = network.plugins;
  if (bridge === undefined || portmap === undefined) throw new Error('the network has two plugins');
  const portMappings = [{ hostPort: 80, containerPort: 8080, protocol: 'tcp' }];
  const capabilityArgs = { portMappings, ips: ['10.0.0.9/24'], bandwidth: {} };

  it('gives each plugin the capabilities that it declares, and no others', () => {
    const input = (plugin: typeof bridge) =>
      JSON.parse(pluginInput({ network, plugin, version: '0.4.0', capabilityArgs })) as Record<string, unknown>;
    expect(input(bridge)).toEqual({ type: 'bridge', bridge: 'b0', name: 'n', cniVersion: '0.4.0' });
    expect(input(portmap).runtimeConfig).toEqual({ portMappings });
  });

  it("overrides a plugin's own name and version, and gives the result of the one before", () => {
    const plugin = { ...bridge, config: { ...bridge.config, name: 'mine', cniVersion: '0.1.0' } };
    const previous = { interfaces: [], ips: [{ address: '10.0.0.2/24' }], routes: [], dns: {} };
    expect(JSON.parse(pluginInput({ network, plugin, version: '0.4.0', previous }))).toMatchObject({
      name: 'n',
      cniVersion: '0.4.0',
      prevResult: { cniVersion: '0.4.0', ips: [{ version: '4', address: '10.0.0.2/24' }] },
    });
  });
});
