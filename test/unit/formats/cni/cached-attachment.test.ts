import { describe, expect, it } from 'vitest';
import { encodeCachedAttachment, parseCachedAttachment } from '../../../../src/formats/cni/cached-attachment.ts';

const attachment = {
  containerId: 'vm-1',
  ifName: 'eth0',
  networkName: 'n',
  netns: '/run/netns/firekiln-vm-1',
  args: [['IgnoreUnknown', '1']] as const,
  capabilityArgs: { portMappings: [{ hostPort: 80 }] },
  config: '{"name":"n"}',
  result: { interfaces: [{ name: 'eth0' }], ips: [], routes: [], dns: {} },
};

describe('cached attachments', () => {
  it('are written in the form of libcni', () => {
    expect(JSON.parse(encodeCachedAttachment(attachment, '1.0.0'))).toEqual({
      kind: 'cniCacheV1',
      containerId: 'vm-1',
      // Go writes bytes in base64.
      config: 'eyJuYW1lIjoibiJ9',
      ifName: 'eth0',
      networkName: 'n',
      netns: '/run/netns/firekiln-vm-1',
      cniArgs: [['IgnoreUnknown', '1']],
      capabilityArgs: { portMappings: [{ hostPort: 80 }] },
      result: { cniVersion: '1.0.0', interfaces: [{ name: 'eth0' }], ips: [], routes: [] },
    });
  });

  it('are read back', () => {
    expect(parseCachedAttachment(encodeCachedAttachment(attachment, '1.0.0'))).toMatchObject(attachment);
  });

  it('are read as other runtimes write them', () => {
    const text = '{"kind":"cniCacheV1","containerId":"c","config":"e30=","ifName":"eth0","networkName":"n"}';
    expect(parseCachedAttachment(text)).toMatchObject({ netns: '', args: [], capabilityArgs: {}, config: '{}' });
  });

  it.each([
    'nonsense',
    '[]',
    'null',
    '{"kind":"cniCacheV2","containerId":"c","ifName":"e","networkName":"n"}',
    '{"kind":"cniCacheV1","containerId":"","ifName":"e","networkName":"n"}',
    '{"kind":"cniCacheV1","containerId":"c","ifName":"e","networkName":"n","result":{"ips":[{}]}}',
  ])('are nothing if damaged: %s', (text) => {
    expect(parseCachedAttachment(text)).toBeUndefined();
  });
});
