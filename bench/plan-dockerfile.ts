import { sha256 } from '../src/base/digest.ts';
import { readDockerfile } from '../src/frontend/instructions/read-dockerfile.ts';
import { checkDockerfile } from '../src/frontend/lint/check-dockerfile.ts';
import { planDockerfile } from '../src/frontend/plan/plan-dockerfile.ts';
import { predefinedArgs } from '../src/frontend/plan/platform-args.ts';
import { parseDockerfile } from '../src/frontend/syntax/parse-dockerfile.ts';
import { planRequest } from '../test/support/plan-request.ts';

const { platform, buildArgs } = planRequest;
const config = { ...platform, config: {}, rootfs: { type: 'layers' as const, diff_ids: [sha256('layer')] } };

/** All that a build does with the text of a Dockerfile before it builds: parse, read, check, plan. In milliseconds. */
export async function timeOfPlan(text: string): Promise<number> {
  const start = performance.now();
  const dockerfile = readDockerfile(parseDockerfile({ file: 'Dockerfile', text }));
  await planDockerfile({
    ...planRequest,
    dockerfile,
    contexts: { main: { type: 'folder', name: '' }, named: () => undefined },
    resolveImage: async (name) => ({ name, manifestDigest: sha256(name), config }),
  });
  checkDockerfile({
    tree: dockerfile.tree,
    dockerfile,
    buildArgs,
    predefinedArgs: predefinedArgs({ buildPlatform: platform, platform, target: '', buildArgs }),
    platform,
  });
  return performance.now() - start;
}
