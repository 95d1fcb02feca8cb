import { parseGoBoolean } from '../base/go-values.ts';

/**
 * Build arguments that tell the builder itself something ("BuildKit built-in build args" in the Dockerfile reference).
 * `BUILDKIT_CACHE_MOUNT_NS` is read where mounts are planned, `SOURCE_DATE_EPOCH` with the command line.
 */
export interface BuilderArgs {
  /** Host name of RUN steps. */
  readonly hostname: string;
  /** `.git` of a repository that is the main context is one of its files. */
  readonly keepGitDir: boolean;
}

const defaultHostname = 'buildkitsandbox';

export function readBuilderArgs(buildArgs: ReadonlyMap<string, string>): BuilderArgs {
  return {
    hostname: buildArgs.get('BUILDKIT_SANDBOX_HOSTNAME') || defaultHostname,
    keepGitDir: parseGoBoolean(buildArgs.get('BUILDKIT_CONTEXT_KEEP_GIT_DIR') ?? '') === true,
  };
}
