import { describe, expect, it } from 'vitest';
import { initConfig, processConfig } from '../../../../src/runtime/options/process-config.ts';

describe('processConfig', () => {
  const image = {
    Entrypoint: ['/entry', '-a'],
    Cmd: ['run'],
    Env: ['A=1', 'PATH=/bin', 'B=2'],
    WorkingDir: '/w',
    User: 'app',
  };
  const args = (wishes: object, config: object = image) =>
    processConfig(config, { command: [], env: [], ...wishes }, 'img').args;

  it('combines entrypoint and command as docker does', () => {
    expect(args({})).toEqual(['/entry', '-a', 'run']);
    expect(args({ command: ['x', 'y'] })).toEqual(['/entry', '-a', 'x', 'y']);
    expect(args({ entrypoint: '/sh' })).toEqual(['/sh']);
    expect(args({ entrypoint: '/sh', command: ['-c'] })).toEqual(['/sh', '-c']);
    expect(args({ entrypoint: '', command: ['ls'] })).toEqual(['ls']);
    expect(args({}, { Entrypoint: null, Cmd: ['only'] })).toEqual(['only']);
  });

  it('refuses an image that names nothing to run', () => {
    const nothing = expect.objectContaining({ code: 'RUN_NO_COMMAND' });
    expect(() => args({}, {})).toThrow(nothing);
    expect(() => args({ entrypoint: '' })).toThrow(nothing);
    expect(() => args({}, { Entrypoint: [], Cmd: [] })).toThrow(nothing);
  });

  it('lays variables over those of the image, PATH first', () => {
    const { env, user, workdir } = processConfig(image, { command: [], env: ['B=3', 'C='] }, 'img');
    expect(env).toEqual(['PATH=/bin', 'A=1', 'B=3', 'C=']);
    expect([user, workdir]).toEqual(['app', '/w']);
    expect(processConfig({ Cmd: ['x'] }, { command: [], env: [] }, 'img')).toMatchObject({
      env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'],
      user: '',
      workdir: '/',
    });
  });

  it('refuses a relative working directory', () => {
    expect(() => args({ workdir: 'tmp' })).toThrow(/-w "tmp"/);
  });
});

describe('initConfig', () => {
  const image = { Entrypoint: ['/entry'], Cmd: ['bash'], Env: ['A=1'], User: 'app', WorkingDir: '/w' };
  const nothing = { command: [], env: ['A=2'] };

  it('runs the init whatever the image runs otherwise', () => {
    expect(initConfig(image, nothing)).toMatchObject({ args: ['/sbin/init'], user: 'app', workdir: '/w' });
    expect(initConfig(image, nothing).env).toContain('A=2');
    expect(initConfig(image, { ...nothing, command: ['/lib/systemd/systemd', '--x'] }).args).toEqual([
      '/lib/systemd/systemd',
      '--x',
    ]);
  });

  it('refuses what would not be run', () => {
    const usage = expect.objectContaining({ code: 'USAGE' });
    expect(() => initConfig(image, { ...nothing, entrypoint: 'sh' })).toThrow(usage);
    expect(() => initConfig(image, { ...nothing, command: ['systemd'] })).toThrow(usage);
  });
});
