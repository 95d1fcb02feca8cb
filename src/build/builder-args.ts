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

/** What Go's strconv.ParseBool takes as true. */
const trueWords: ReadonlySet<string> = new Set(['1', 't', 'T', 'TRUE', 'true', 'True']);

export function readBuilderArgs(buildArgs: ReadonlyMap<string, string>): BuilderArgs {
  return {
    hostname: buildArgs.get('BUILDKIT_SANDBOX_HOSTNAME') || defaultHostname,
    keepGitDir: trueWords.has(buildArgs.get('BUILDKIT_CONTEXT_KEEP_GIT_DIR') ?? ''),
  };
}
