import { describe, expect, it } from 'vitest';
import { parseLocator } from '../../../../src/formats/locator/locator.ts';
import { withoutPassword } from '../../../../src/formats/locator/locator-error.ts';

const git = (remote: string, more: object = {}, dockerfile?: string) => ({
  type: 'git',
  reference: expect.objectContaining({ remote, ...more }),
  ...(dockerfile === undefined ? {} : { dockerfile }),
});

describe('parseLocator', () => {
  it.each([
    ['-', { type: 'stdin' }],
    ['./app/Dockerfile', { type: 'path', path: './app/Dockerfile' }],
    ['C:/x', { type: 'path', path: 'C:/x' }],
    ['https://host/path/Dockerfile', { type: 'http', url: 'https://host/path/Dockerfile' }],
    [
      'https://web.archive.org/web/2020/https://host/Dockerfile',
      { type: 'http', url: 'https://web.archive.org/web/2020/https://host/Dockerfile' },
    ],
    ['https://host/a.git#main:sub', git('https://host/a.git', { ref: 'main', subdir: 'sub' })],
    ['github.com/a/b', git('github.com/a/b', { looksLocal: true })],
    ['git@host:a/b.git#v1', git('git@host:a/b.git', { ref: 'v1' })],
    ['git+https://host/a#v1:sub', git('https://host/a', { ref: 'v1', subdir: 'sub' })],
    [
      'git+https://github.com/hashicorp/docker-consul.git:/0.X/Dockerfile#master',
      git('https://github.com/hashicorp/docker-consul.git', { ref: 'master' }, '0.X/Dockerfile'),
    ],
    [
      'git+http://127.0.0.1:8080/srv/repo.git:/Dockerfile',
      git('http://127.0.0.1:8080/srv/repo.git', { isUnencrypted: true }, 'Dockerfile'),
    ],
    ['git+http://host/repo:/Dockerfile', git('http://host/repo', {}, 'Dockerfile')],
    [
      'ssh://git@host:22/a.git:/x/Dockerfile#feature/y',
      git('ssh://git@host:22/a.git', { ref: 'feature/y' }, 'x/Dockerfile'),
    ],
    ['git+ssh://git@host/a:/Dockerfile', git('ssh://git@host/a', {}, 'Dockerfile')],
    ['git://host/a:/Dockerfile', git('git://host/a', {}, 'Dockerfile')],
    ['git@host:/srv/a.git', git('git@host:/srv/a.git')],
    ['git@host:/srv/a.git:/Dockerfile', git('git@host:/srv/a.git', {}, 'Dockerfile')],
    ['https://host/a.git:/b/../Dockerfile', git('https://host/a.git', {}, 'Dockerfile')],
    ['git+https://host/a.git:/../../etc/Dockerfile', git('https://host/a.git', {}, 'etc/Dockerfile')],
  ])('%s', (text, expected) => {
    expect(parseLocator(text)).toEqual(expected);
  });

  it.each([
    '',
    'ftp://host/x',
    'git+https://host/a.git:/',
    'git+https://host/a.git:/x#a:b',
    'git+https:///a',
    'https://ho st/x',
  ])('%j is refused', (text) => {
    expect(() => parseLocator(text)).toThrow(expect.objectContaining({ code: 'LOCATOR_INVALID' }));
  });

  it('keeps passwords out of messages', () => {
    expect(() => parseLocator('git+https://me:hunter2@host/a.git?x=1')).toThrow(/^(?!.*hunter2).*me:\*\*\*@host/);
    expect(withoutPassword('https://a:b:c@host/x?y=u:p@z')).toBe('https://a:***@host/x?y=u:p@z');
  });
});
