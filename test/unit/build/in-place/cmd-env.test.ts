import { describe, expect, it } from 'vitest';
import { runProcess } from '../../../../src/base/process.ts';
import { cmdEnv } from '../../../../src/build/in-place/cmd-env.ts';

describe('cmd.env', () => {
  it('has the defaults of an image that says nothing', () => {
    expect(cmdEnv({})).toBe(
      'SERVICE_WORKDIR="/"\nSERVICE_SHELL="/bin/sh -c"\nSERVICE_ENTRYPOINT=""\nSERVICE_CMDS=""\nSERVICE_USER="0:0"\n',
    );
  });

  it('gives a shell the words of the command as they were, and the variables', async () => {
    const text = cmdEnv({
      WorkingDir: '/srv',
      User: 'app',
      Entrypoint: ['printf', '[%s]'],
      Cmd: ['two words', "it's", '$HOME', '"q"', 'a\\b', '`id`'],
      Env: ['PLAIN=1', 'ODD=$x "y" `z` \\', 'not-a-name=1'],
    });
    // As installers write it.
    const script = `${text}\n/bin/sh -c "cd / && \${SERVICE_ENTRYPOINT} \${SERVICE_CMDS}"; printf '\\n%s' "$ODD" "$SERVICE_WORKDIR" "$SERVICE_USER"`;
    const { stdout } = await runProcess('/bin/sh', { args: ['-c', script] });
    expect(stdout.toString()).toBe(`[two words][it's][$HOME]["q"][a\\b][\`id\`]\n$x "y" \`z\` \\\n/srv\napp`);
    expect(text).not.toContain('not-a-name');
  });
});
