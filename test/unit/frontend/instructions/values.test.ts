import { describe, expect, it } from 'vitest';
import { parseByteSize } from '../../../../src/base/byte-size.ts';
import { nearest } from '../../../../src/base/nearest.ts';
import { csvFields } from '../../../../src/frontend/instructions/csv-fields.ts';
import { parseDuration } from '../../../../src/frontend/instructions/duration.ts';
import { listPorts, parsePortSpec } from '../../../../src/frontend/instructions/ports.ts';
import { resolveMount } from '../../../../src/frontend/instructions/resolve-mount.ts';

const same = (word: string) => word;

describe('values of flags', () => {
  it.each([
    ['30s', 30e9],
    ['1m30s', 90e9],
    ['1.5h', 5400e9],
    ['.5s', 5e8],
    ['100us', 1e5],
    ['1µs', 1e3],
    ['-2s', -2e9],
    ['0', 0],
    ['5', undefined],
    ['', undefined],
    ['1x', undefined],
    ['s', undefined],
    ['300y', undefined],
    ['9999999h', undefined],
  ])('the duration %j is %s', (text, expected) => {
    expect(parseDuration(text)).toBe(expected);
  });

  it.each([
    ['64m', 64 * 1024 ** 2],
    ['1.5KiB', 1536],
    ['10 kb', 10240],
    ['7', 7],
    ['1e3', 1000],
    ['2T', 2 * 1024 ** 4],
    ['-1', undefined],
    ['m', undefined],
    ['1mm', undefined],
    ['1e400', undefined],
  ])('the size %j is %s', (text, expected) => {
    expect(parseByteSize(text)).toBe(expected);
  });

  it.each([
    ['a,b', ['a', 'b']],
    ['"a,b",c', ['a,b', 'c']],
    ['"a""b"', ['a"b']],
    ['a,', ['a', '']],
    ['', undefined],
    ['a"b', undefined],
    ['"a" ,b', undefined],
    ['"a', undefined],
  ])('the fields of %j are %j', (text, expected) => {
    expect(csvFields(text)).toEqual(expected);
  });

  it.each([
    ['80', ['80/tcp']],
    ['80-82/UDP', ['80/udp', '81/udp', '82/udp']],
    ['127.0.0.1:8080:80', ['80/tcp']],
    ['[::1]:1-2:3-4', ['3/tcp', '4/tcp']],
  ])('the ports of %s are %j', (text, expected) => {
    expect(listPorts([parsePortSpec(text)])).toEqual(expected);
  });

  it.each(['', '/tcp', '80/icmp', '65536', 'a', '5-4', 'x:80:80', '1-3:1-2', '1.2.3.4.5::80'])(
    'the port %j is refused',
    (text) => {
      expect(() => parsePortSpec(text)).toThrow(expect.objectContaining({ code: 'DOCKERFILE_INSTRUCTION' }));
    },
  );

  it('bounds the number of ports', () => {
    const all = parsePortSpec('0-65535');
    expect(listPorts([all, all, all])).toHaveLength(3 * 65536);
    expect(() => listPorts([all, all, all, all])).toThrow(expect.objectContaining({ code: 'LIMIT_EXCEEDED' }));
  });

  it('reads mounts with their defaults', () => {
    expect(resolveMount('type=cache,target=/c,sharing=locked,mode=0750,uid=1', same)).toMatchObject({
      type: 'cache',
      target: '/c',
      sharing: 'locked',
      readOnly: false,
      mode: 0o750,
      uid: 1,
      gid: undefined,
    });
    expect(resolveMount('target=/x', same)).toMatchObject({ type: 'bind', readOnly: true });
    expect(resolveMount('target=/x,rw', same)).toMatchObject({ readOnly: false });
    expect(resolveMount('type=secret,id=a,required,env=', same)).toMatchObject({ required: true, env: '' });
    expect(resolveMount('type=tmpfs,target=/t,size=1g', same)).toMatchObject({ size: 1024 ** 3 });
    expect(resolveMount('type=cache,target=$x', (word) => word.replace('$x', '/y'))).toMatchObject({ target: '/y' });
  });

  it.each([
    ['type=bind,size=1', /only mounts of type tmpfs/],
    ['type=ssh,sharing=locked', /only a mount of type cache/],
    ['type=bind,uid=1', /does not take/],
    ['type=secret', /neither id= nor target=/],
    ['type=secret,id=a,src=b', /which mean the same/],
    ['type=secret,id=a,from=b', /does not take/],
    ['tipe=bind', /unknown key "tipe"/],
    ['target', /without a value/],
    ['type=bind,ro=maybe', /expected true or false/],
    ['mode=9', /octal/],
  ])('the mount %s is refused', (text, message) => {
    expect(() => resolveMount(text, same)).toThrow(message);
  });

  it('suggests what is near', () => {
    expect(nearest('tipe', ['type', 'time', 'target'])).toBe('type');
    expect(nearest('COYP', ['COPY', 'CMD'])).toBe('COPY');
    expect(nearest('copy', ['COPY'])).toBeUndefined();
    expect(nearest('cpy', ['COPY'], { ignoreCase: true })).toBe('COPY');
    expect(nearest('x', ['y', 'z'])).toBe('y');
    expect(nearest('type', ['type', 'tyype'])).toBeUndefined();
    expect(nearest('a'.repeat(100_000), ['b'.repeat(100_001)])).toBeUndefined();
  });
});
