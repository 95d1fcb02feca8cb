import { describe, expect, it } from 'vitest';
import { parseStepReport } from '../../../../src/executor/appliance/step-report.ts';

const base64 = (text: string) => Buffer.from(text).toString('base64');

describe('step report', () => {
  it('reads how a step ended', () => {
    expect(parseStepReport('exit=3 oom=1 free=100*4096,17 message=\n')).toEqual({
      exitCode: 3,
      oomKilled: true,
      freeBytes: 409_600,
      freeInodes: 17,
      error: undefined,
    });
  });

  it.each([
    ['user unable to find user x', 'STEP_USER_UNKNOWN', 'unable to find user x'],
    ['mount /a does not exist', 'STEP_MOUNT_IMPOSSIBLE', '/a does not exist'],
    ['cwd the working folder', 'STEP_FOLDER_IMPOSSIBLE', 'the working folder'],
    ['setup overlay: mount failed', 'STEP_SETUP_FAILED', 'overlay: mount failed'],
    ['setup', 'STEP_SETUP_FAILED', 'the step could not be set up'],
  ])('says why a step did not start: %s', (message, code, text) => {
    const { error } = parseStepReport(`exit=125 oom=0 free= message=${base64(message)}\n`);
    expect(error).toMatchObject({ code, message: text });
  });

  it('refuses what is no report', () => {
    expect(() => parseStepReport('exit= oom=')).toThrow(expect.objectContaining({ code: 'STEP_SETUP_FAILED' }));
  });
});
