import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { silentEmitter } from '../../../src/base/events.ts';
import { openStore } from '../../../src/store/open-store.ts';
import { makeBusyboxImage } from '../../support/busybox-image.ts';
import { runCli } from '../../support/cli.ts';
import { shareAppliance } from '../../support/share-appliance.ts';
import { useTemporaryFolder } from '../../support/temporary-folder.ts';
import { openTestAppliance } from '../../support/test-appliance.ts';
import { describeWithTools } from '../../support/tools.ts';

const dockerfile = `FROM base:1
ENV GREETING="hello 'you'"
COPY --chown=app f /vol/
VOLUME /vol
USER app
WORKDIR /srv
CMD ["sh", "-c", "echo \\"$GREETING $(id -u) $PWD $(wc -c </vol/f)\\"; echo more >>/vol/f; exit 7"]
`;

interface Config {
  readonly 'boot-source': Readonly<Record<'kernel_image_path' | 'initrd_path' | 'boot_args', string>>;
  readonly drives: readonly { readonly drive_id: string; path_on_host: string; is_read_only: boolean }[];
}

describeWithTools(['busybox', 'qemu-system-x86_64'], '-o type=firecracker', () => {
  const folder = useTemporaryFolder();
  const at = (...names: string[]) => join(folder.path, ...names);

  it('writes what a VMM boots into the program of the image, and keeps what that wrote', async () => {
    mkdirSync(at('context'));
    writeFileSync(at('context/f'), 'seed\n');
    await shareAppliance(at('data'));
    {
      await using store = await openStore({ dataDir: at('data'), emitter: silentEmitter });
      await makeBusyboxImage(store, 'docker.io/library/base:1', {});
    }
    const args = ['build', '-f', '-', '-o', `type=firecracker,dest=${at('out')},free=64m`, at('context')];
    const result = await runCli(args, { dataDir: at('data'), stdin: dockerfile });
    expect(result.status, result.stderr).toBe(0);
    const config = JSON.parse(readFileSync(at('out/config.json'), 'utf8')) as Config;
    const { kernel_image_path, initrd_path, boot_args } = config['boot-source'];
    const drives = config.drives.map(({ drive_id: id, path_on_host, is_read_only: readOnly }) => {
      return { id, path: at('out', path_on_host), readOnly };
    });
    expect(readdirSync(at('out')).sort()).toEqual(
      ['config.json', kernel_image_path, initrd_path, ...config.drives.map((it) => it.path_on_host)].sort(),
    );
    // The same machine in the driver of this host: real Firecracker needs KVM.
    await using bed = await openTestAppliance();
    for (const size of ['5', '10']) {
      mkdirSync(at(`run${size}`));
      const machine = await bed.driver.create({
        id: `lone${size}`,
        kernel: bed.appliance.kernel,
        initrds: [at('out', initrd_path)],
        kernelArgs: boot_args.split(' ').filter((word) => word.startsWith('rdinit=')),
        vcpus: 1,
        memoryMiB: 512,
        drives,
        runDir: at(`run${size}`),
        emitter: silentEmitter,
      });
      try {
        await machine.start(AbortSignal.timeout(60_000));
        await Promise.race([machine.ended, new Promise((resolve) => setTimeout(resolve, 120_000).unref())]);
        expect(machine.consoleTail()).toContain(`hello 'you' 1000 /srv ${size}`);
        expect(machine.consoleTail()).toContain('firekiln: the program ended with exit code 7');
      } finally {
        await machine.destroy();
      }
    }
  });
});
