import { openApp } from '../../app/app.ts';
import { buildServices } from '../../app/builder.ts';
import { build } from '../../build/build.ts';
import { outputPlace } from '../../images/export/output-place.ts';
import { writeTo } from '../../images/export/write-output.ts';
import { printLine } from '../../report/output.ts';
import { commonOptions } from '../common-options.ts';
import { driverFlags } from '../driver-flags.ts';
import { cpuTemplateOf, idleInPlaceFlags, partuuidOf } from '../in-place-flags.ts';
import { firecrackerChoice } from '../machine-flags.ts';
import { networkChoice } from '../network-flags.ts';
import { packageVersion } from '../package-version.ts';
import type { BuildFlags } from './build-flags.ts';
import { buildRequest, byteSize, machineSize } from './build-request.ts';

/** Returns the exit status. */
export async function runBuild(context: string | undefined, flags: BuildFlags): Promise<number> {
  const request = buildRequest(context, flags, process.env);
  const options = commonOptions(flags.quiet === true ? { ...flags, progress: 'quiet' } : flags);
  await using app = openApp(options);
  for (const flag of idleInPlaceFlags(flags)) {
    app.emitter.message('warn', `${flag} has no effect without --machine-ssh-user`);
  }
  const services = await buildServices(app, {
    ...driverFlags(flags),
    firecracker: firecrackerChoice(flags),
    network: networkChoice(flags),
    cpuTemplate: cpuTemplateOf(flags),
    ...machineSize(flags),
    scratchBytes: flags.scratchSize === undefined ? undefined : byteSize('--scratch-size', flags.scratchSize),
    baseStore:
      flags.machineRootfsBase === undefined
        ? undefined
        : { root: flags.machineRootfsBase, partuuid: partuuidOf(flags) },
    version: packageVersion(),
  });
  for (const path of [flags.iidfile, flags.metadataFile]) if (path !== undefined) await outputPlace(path);
  const { image, warnings } = await build(request, services);
  if (image === undefined) return warnings.length > 0 ? 1 : 0;
  if (flags.iidfile !== undefined) await writeTo(flags.iidfile, [Buffer.from(image.id)], app);
  if (flags.metadataFile !== undefined) {
    const facts = {
      'containerimage.config.digest': image.id,
      'containerimage.digest': image.manifestDigest,
      ...(request.tags.length > 0 ? { 'image.name': image.metadata?.tags.join(',') } : {}),
    };
    await writeTo(flags.metadataFile, [Buffer.from(`${JSON.stringify(facts, null, 2)}\n`)], app);
  }
  if (flags.quiet === true) printLine(image.id);
  return 0;
}
