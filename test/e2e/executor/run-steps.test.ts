import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { writeEmptyDisk } from '../../../src/executor/empty-disk.ts';
import type { ExecMount, ExecResult, ExecStep } from '../../../src/executor/executor.ts';
import { anyStep } from '../../support/any-step.ts';
import { processesNaming } from '../../support/processes.ts';
import { openStepLab, type StepLab } from '../../support/run-steps/step-lab.ts';
import { describeWithTools } from '../../support/tools.ts';

const tools = ['qemu-system-x86_64', 'passt', 'busybox', 'setfattr', 'unshare', 'apt-get'];
const env = ['PATH=/usr/bin:/bin'];
const sh = (node: string, script: string, change: Partial<ExecStep> = {}) =>
  anyStep({ node, args: ['/bin/sh', '-ec', script], env, ...change });

describeWithTools(tools, 'RUN steps in a microVM', () => {
  let lab: StepLab;

  beforeAll(async () => {
    lab = await openStepLab();
  });
  afterAll(async () => {
    await lab?.[Symbol.asyncDispose]();
  });

  describeGroup(() => lab);

  it('gives the layers of the steps before one that fails, and says how it failed', async () => {
    const { steps, failed } = await lab.executor.run(
      lab.request([
        sh('f1', 'echo good > /good'),
        anyStep({ node: 'f2', args: ['no-such-program', '-x'], env }),
        sh('f3', 'echo never'),
      ]),
    );
    expect(steps).toHaveLength(1);
    expect(await Promise.all(steps.map(async ({ diffId }) => await lab.entries(diffId)))).toEqual([['good file']]);
    expect(failed).toMatchObject({
      exitCode: 127,
      oomKilled: false,
      lastLines: ['exec: "no-such-program": executable file not found in $PATH'],
    });
    expect(lab.output.has('f3')).toBe(false);
  });

  it('an abort ends the machine at once and leaves nothing', async () => {
    const abort = new AbortController();
    const request = lab.request([sh('a1', 'echo running; sleep 1000')], { signal: abort.signal });
    const seen = lab.events.length;
    const ran = lab.executor.run(request);
    const watch = setInterval(() => {
      if (lab.output.get('a1')?.includes('running')) abort.abort();
    }, 50);
    await expect(ran).rejects.toMatchObject({ code: 'ABORTED' });
    clearInterval(watch);
    expect(lab.output.get('a1')).toBe('running\n');
    const id = lab.events.slice(seen).find(({ event }) => event === 'vm.starting')?.vmId;
    expect(id).toBeDefined();
    expect(await processesNaming(`firekiln-${id}`)).toEqual([]);
    await using own = await lab.store.temporaryFolder();
    const others = (await readdir(join(own.path, '..'))).filter((name) => !own.path.endsWith(name));
    expect(others).toEqual([]);
  });
});

/** Steps of one boot. */
function describeGroup(lab: () => StepLab): void {
  let result: ExecResult;
  const said = (node: string) => lab().output.get(node) ?? '';
  const layer = async (index: number) => {
    const step = result.steps[index];
    if (step === undefined) throw new Error(`step ${index} did not run: ${JSON.stringify(result.failed)}`);
    return await lab().entries(step.diffId);
  };

  beforeAll(async () => {
    const { folder } = lab();
    // Twice: a chain has equal segments where two of its steps made the same change, or none.
    const segments = [...lab().segments, ...lab().segments];
    const cacheImage = async (name: string) => {
      const imagePath = join(folder, name);
      await writeEmptyDisk(imagePath, { sizeMiB: 32, journal: true });
      return { type: 'cache', imagePath } as const;
    };
    const [cache, filled] = [await cacheImage('cache.ext4'), await cacheImage('filled.ext4')];
    const secret = { type: 'secret', data: Buffer.from('s3cret-data'), mode: 0o440, uid: 1000, gid: 5 } as const;
    const mounts: ExecMount[] = [
      { ...secret, target: '/run/secrets/one' },
      { ...secret, env: 'SECRET' },
      { type: 'bind', target: '/mnt/ro', source: '/old/linkdir', segments, writable: false },
      { type: 'bind', target: '/mnt/rw', source: '/old/dir2', segments, writable: true },
      { type: 'bind', target: '/old/b', source: '/old/link', segments, writable: false },
      { type: 'tmpfs', target: '/mnt/tmp/deep', sizeBytes: 1 << 20 },
      {
        ...cache,
        target: '/var/cache/x',
        readOnly: false,
        source: '/cache',
        made: { mode: 0o750, uid: 1000, gid: 1000 },
        from: [],
      },
      { ...filled, target: '/var/cache/from', readOnly: true, source: '/old/dir', from: segments },
    ];
    const request = lab().request(
      [
        sh(
          'write',
          'sleep 1000 & echo kept > /kept; echo "app:x:1000:1001::/home/app:/bin/sh" >> /etc/passwd; rm -r /old/dir',
        ),
        sh(
          'see',
          'cat /kept; pidof sleep || echo no sleep; echo "extra:x:44:root,app" >> /etc/group; ls /old/dir || true; rm /kept',
        ),
        sh('user', 'id; echo $HOME; pwd; echo mine > f; echo to-stdout > /dev/stdout; touch /etc/no || true', {
          user: 'app',
          cwd: '/made/here',
        }),
        sh('devices', deviceScript),
        sh(
          'escape',
          'mkdir /x; unshare --root=/x --wd=. /bin/sh -c true || true; unshare --root=/old --wd=. ../../bin/busybox ls ../../../.. || true; rmdir /x',
        ),
        sh('mounts', mountScript, {
          mounts,
          files: [{ path: '/dev/pipes/EOF', data: Buffer.from('#!/bin/sh\necho from-file\n'), mode: 0o755 }],
          env: [...env, "ODD=a'b\n  $c \\", 'LD_PRELOAD=/no/such.so'],
          hostname: 'named',
          extraHosts: [{ host: 'db', address: '10.1.2.3' }],
          args: ['/bin/busybox', 'sh', '-ec', mountScript],
        }),
        sh('after', 'ls /mnt /run /var/cache 2>&1 || true; cat /old/b; ip -o addr; hostname'),
        sh('process', '', {
          args: ['/bin/busybox', 'grep', '-E', '^(NSpgid|NSsid|SigBlk|SigIgn):', '/proc/self/status'],
        }),
        sh('network', 'ip route; grep -c nameserver /etc/resolv.conf; hostname', { network: 'default' }),
        sh('insecure', 'mount -t tmpfs x /tmp; grep CapEff /proc/self/status', { security: 'insecure' }),
      ],
      { segments },
    );
    result = await lab().executor.run(request);
  });

  it('runs all of them', () => {
    expect(result.failed).toBeUndefined();
    expect(result.steps).toHaveLength(10);
  });

  it('steps see what those before them wrote, but nothing that they started', () => {
    expect(said('see')).toBe('kept\nno sleep\nls: /old/dir: No such file or directory\n');
  });

  it('layers hold what a step changed, deletions too', async () => {
    expect(await layer(0)).toEqual([
      'etc directory',
      'etc/passwd file',
      'kept file',
      'old directory',
      'old/dir whiteout',
    ]);
    expect(await layer(1)).toEqual(['etc directory', 'etc/group file', 'kept whiteout']);
  });

  it('finds users in the files of the image as it is then, and makes their working folder', async () => {
    const [id, home, cwd, out, refused] = said('user').split('\n');
    expect([id, home, cwd, out]).toEqual([
      'uid=1000(app) gid=1001 groups=44(extra),1001',
      '/home/app',
      '/made/here',
      'to-stdout',
    ]);
    expect(refused).toContain('Permission denied');
    expect(await layer(2)).toEqual(['made directory', 'made/here directory', 'made/here/f file']);
  });

  it('has the capabilities and devices that docker gives, and no disk of the machine', async () => {
    expect(said('devices')).toBe(
      [
        'CapInh:\t0000000000000000',
        'CapPrm:\t00000000a80425fb',
        'CapEff:\t00000000a80425fb',
        'CapBnd:\t00000000a80425fb',
      ]
        .concat('CapAmb:\t0000000000000000', 'null works', 'opened: 0', '')
        .join('\n'),
    );
    expect(await layer(3)).toEqual([]);
  });

  it('no path leads out of the root', async () => {
    expect(said('escape')).not.toContain('firekiln');
    expect(said('escape')).toContain('old');
    expect(await layer(4)).toEqual([]);
  });

  it('mounts what was asked for', () => {
    expect(said('mounts').split('\n')).toEqual([
      's3cret-data -r--r----- 1000 5',
      "s3cret-data a'b",
      '  $c \\ /no/such.so',
      'one sub three two h3'.split(' ').sort().join(' '),
      'alpha',
      '750 1000 1000',
      'leaf',
      'from-file',
      'named',
      '10.1.2.3\tdb',
      '',
    ]);
  });

  it('nothing of mounts, secrets and /etc/hosts stays', async () => {
    expect(await layer(5)).toEqual([]);
    expect(said('after')).toContain('ls: /mnt: No such file or directory');
    expect(said('after')).toContain('beta');
    // Without a network there is only the loopback device.
    expect(said('after')).not.toContain('eth0');
    expect(said('after')).toMatch(/\nbuildkitsandbox\n$/);
    expect(await layer(6)).toEqual([]);
  });

  it('leads a session, with no signal blocked or ignored', () => {
    const none = '0000000000000000';
    expect(said('process')).toBe(`NSpgid:\t1\nNSsid:\t1\nSigBlk:\t${none}\nSigIgn:\t${none}\n`);
  });

  it('has a network if it wants one', () => {
    expect(said('network')).toMatch(/^default via /);
  });

  it('keeps all capabilities where that is asked for', () => {
    expect(said('insecure')).toMatch(/CapEff:\t0000003fffffffff|CapEff:\t000001ffffffffff/);
  });
}

/** Tries all disks of the machine by their numbers. */
const deviceScript = `
grep Cap /proc/self/status
mknod /n c 1 3; echo x > /n; echo null works
opened=0
for disk in /sys/block/*; do
  numbers=$(tr : ' ' < $disk/dev)
  mknod /d b $numbers
  if dd if=/d of=/dev/null count=1 2> /dev/null; then opened=$((opened + 1)); fi
  rm /d
done
[ -e /sys/block/vda ] || echo no disks to try
rm /n
echo opened: $opened
for file in /proc/sysrq-trigger /proc/sys/kernel/panic /sys/kernel/mm/ksm/run; do
  if echo 1 2> /dev/null > $file; then echo $file could be written; fi
done 2> /dev/null
if mount -t tmpfs x /tmp 2> /dev/null || unshare -Ur true 2> /dev/null; then echo has too much; fi
`;

const mountScript = `
echo $(cat /run/secrets/one) $(stat -c '%A %u %g' /run/secrets/one)
echo "$SECRET $ODD $LD_PRELOAD"
echo $(ls /mnt/ro | sort)
if echo x 2> /dev/null > /mnt/ro/one || echo x 2> /dev/null > /etc/hosts; then echo could be written; fi 2> /dev/null
echo thrown-away > /mnt/rw/p
cat /old/b
echo x > /mnt/tmp/deep/file
stat -c '%a %u %g' /var/cache/x
echo x > /var/cache/x/file
echo leaf | grep -x "$(ls /var/cache/from/sub/deep)"
/dev/pipes/EOF
hostname
grep db /etc/hosts
`;
