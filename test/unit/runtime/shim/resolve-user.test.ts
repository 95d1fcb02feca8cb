import { describe, expect, it } from 'vitest';
import { resolveUser } from '../../../../src/runtime/shim/resolve-user.ts';

const passwd = [
  'root:x:0:0:root:/root:/bin/sh',
  'www-data:x:33:33:www-data:/var/www:/usr/sbin/nologin',
  'app:x:1000:100::/home/app:/bin/sh',
  'bad:x:abc:1::/:/bin/sh',
  '',
].join('\n');
const group = ['root:x:0:', 'users:x:100:', 'docker:x:50:other,app', 'audio:x:29:app', 'users2:x:100:app'].join('\n');

describe('resolveUser', () => {
  const found = (spec: string) => resolveUser(spec, passwd, group);

  it('finds users by name with their groups', () => {
    expect(found('')).toEqual({ uid: 0, gid: 0, groups: [], home: '/root' });
    expect(found('app')).toEqual({ uid: 1000, gid: 100, groups: [50, 29], home: '/home/app' });
  });

  it('takes numbers, with or without an entry', () => {
    expect(found('33')).toEqual({ uid: 33, gid: 33, groups: [], home: '/var/www' });
    expect(found('4242')).toEqual({ uid: 4242, gid: 0, groups: [], home: '/' });
  });

  it('gives a named group no others', () => {
    expect(found('app:docker')).toEqual({ uid: 1000, gid: 50, groups: [], home: '/home/app' });
    expect(found('app:7')).toMatchObject({ uid: 1000, gid: 7 });
    expect(found(':audio')).toMatchObject({ uid: 0, gid: 29 });
  });

  it.each(['nobody', 'app:none', 'bad', '4294967295', '-1', '1000 '])('refuses %j', (spec) => {
    expect(() => found(spec)).toThrow(expect.objectContaining({ code: 'RUN_USER_UNKNOWN' }));
  });

  it('needs no files for numbers', () => {
    expect(resolveUser('5:6', '', '')).toEqual({ uid: 5, gid: 6, groups: [], home: '/' });
  });
});
