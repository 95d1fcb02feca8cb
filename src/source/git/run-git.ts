import { FirekilnError, isFirekilnError } from '../../base/errors/firekiln-error.ts';
import { runProcess } from '../../base/process.ts';
import type { ProcessResult } from '../../base/process-result.ts';

export interface GitOptions {
  readonly cwd?: string;
  readonly signal?: AbortSignal | undefined;
  /** Further settings, as `git -c` takes them. */
  readonly settings?: readonly string[];
  /** Transports that this call may use; `file` only for repositories that we made. */
  readonly transports?: readonly string[];
  readonly timeoutMs?: number;
}

/** Transports for what a user names; `ext` runs commands and `file` reads the host. */
export const remoteTransports = ['http', 'https', 'git', 'ssh'] as const;

/** A clone that sends nothing for so long is given up. */
const stallSeconds = 60;
const defaultTimeoutMs = 30 * 60_000;

/** What a repository or a host's configuration must not decide when a repository from outside is handled. */
const safeSettings = [
  'core.hooksPath=/dev/null',
  'core.fsmonitor=false',
  'core.autocrlf=false',
  'core.symlinks=true',
  'core.protectNTFS=false',
  'gc.auto=0',
  'maintenance.auto=false',
  'advice.detachedHead=false',
  'submodule.recurse=false',
  'http.lowSpeedLimit=1',
  `http.lowSpeedTime=${stallSeconds}`,
  'init.defaultBranch=main',
];

/**
 * Runs git without ever asking for anything on a terminal. The user's own configuration applies as far as credentials
 * and URL rewriting go. Throws GIT_FAILED with git's own words, credentials in URLs left out.
 */
export async function runGit(args: readonly string[], options: GitOptions = {}): Promise<ProcessResult> {
  const settings = [...safeSettings, ...(options.settings ?? [])].flatMap((setting) => ['-c', setting]);
  try {
    return await runProcess('git', {
      args: [...settings, ...args],
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
      env: {
        ...withoutGitVariables(process.env),
        GIT_TERMINAL_PROMPT: '0',
        GIT_ASKPASS: 'true',
        SSH_ASKPASS: 'true',
        GIT_ALLOW_PROTOCOL: (options.transports ?? remoteTransports).join(':'),
        GIT_SSH_COMMAND: process.env.GIT_SSH_COMMAND ?? 'ssh -o BatchMode=yes -o ConnectTimeout=20',
        LC_ALL: 'C.UTF-8',
      },
      timeoutMs: options.timeoutMs ?? defaultTimeoutMs,
      signal: options.signal,
    });
  } catch (error) {
    if (!isFirekilnError(error, 'PROCESS_FAILED')) throw error;
    const said = (error.details ?? []).slice(1).map(withoutCredentials);
    // What follows the first such line is advice.
    const why = said.find((line) => /^(?:fatal|error|ssh): /i.test(line)) ?? said.at(-1);
    throw new FirekilnError('GIT_FAILED', `git ${args[0]} failed: ${why ?? 'it said nothing'}`, {
      details: said,
      hint: hintFor(said.join('\n')),
      cause: error,
    });
  }
}

/** `scheme://user:password@host` without user and password. */
export function withoutCredentials(text: string): string {
  return text.replaceAll(/([a-z][a-z0-9+.-]*:\/\/)[^/\s@]*@/gi, '$1');
}

/** GIT_DIR and its like would send git to another repository than the one at hand. */
function withoutGitVariables(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const kept = /^GIT_(?:SSH|SSH_COMMAND|SSL_.*|CONFIG_.*|PROXY_.*|TRACE.*|CURL_VERBOSE)$/;
  return Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith('GIT_') || kept.test(name)));
}

function hintFor(said: string): string | undefined {
  if (/Permission denied \(publickey|Host key verification failed/.test(said)) {
    return 'Load the key into the SSH agent (ssh-add) and connect to the host once, so that its key is known.';
  }
  if (/could not read Username|Authentication failed|terminal prompts disabled/.test(said)) {
    return 'The repository wants a login: set up a git credential helper for this host.';
  }
  if (/[Rr]epository .*not found|does not appear to be a git repository/.test(said)) {
    return 'Check the URL; for the form of the original tool the repository ends before `:/`.';
  }
  return undefined;
}
