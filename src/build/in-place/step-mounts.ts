import { hexOf, sha256 } from '../../base/digest.ts';
import { FirekilnError } from '../../base/errors/firekiln-error.ts';
import { quoteWord } from '../../base/quote-command.ts';
import type { ExecNode } from '../../graph/node.ts';
import type { OpsEnvironment } from '../../ops/environment.ts';
import { cacheMountId } from '../../ops/exec/cache-mount-id.ts';

/** Where things lie in the VM that are there for a step only. */
export const stepFolder = '/run/firekiln-step';
/** Caches live as long as the VM, on its disk: they may be large. */
export const cacheFolder = '/var/tmp/firekiln-cache';

export interface StepMounts {
  /** To be written before, mode and owner included. */
  readonly files: readonly { readonly path: string; readonly data: Uint8Array }[];
  /** Scripts of root for before and after the step. */
  readonly before: string;
  readonly after: string;
  /** Variables whose values lie in files. */
  readonly envFiles: ReadonlyMap<string, string>;
}

/**
 * The mounts of a RUN in a base: tmpfs, caches and secrets; an agent is forwarded with the login. Throws
 * SECRET_MISSING.
 */
export async function stepMounts(
  { mounts, files: heredocs }: ExecNode,
  environment: OpsEnvironment,
  hasAgent: boolean,
): Promise<StepMounts> {
  const files: { path: string; data: Uint8Array }[] = [];
  const before: string[] = [];
  const after: string[] = [];
  const envFiles = new Map<string, string>();
  const place = (target: string, isFolder: boolean) => {
    const at = quoteWord(target);
    const parent = quoteWord(target.replace(/\/[^/]*$/, '') || '/');
    const make = isFolder ? `mkdir -p ${at}` : `mkdir -p ${parent} && : >${at}`;
    before.push(`made=; [ -e ${at} ] || { ${make}; made=y; }; [ -z "$made" ] || echo ${at} >>${stepFolder}/made`);
    after.unshift(`umount ${at} 2>/dev/null`);
    return at;
  };
  for (const [i, { path, data, mode }] of heredocs.entries()) {
    const source = `${stepFolder}/heredoc-${i}`;
    files.push({ path: source, data: Buffer.from(data) });
    before.push(`chmod ${mode.toString(8)} ${source}`, `mount --bind ${source} ${place(path, false)}`);
  }
  for (const [i, mount] of mounts.entries()) {
    switch (mount.type) {
      case 'bind':
        throw new Error('refuseSteps lets none of these through');
      case 'tmpfs': {
        const size = mount.sizeBytes === undefined ? '' : `,size=${mount.sizeBytes}`;
        const access = mount.readOnly === true ? 'ro' : 'rw';
        before.push(`mount -t tmpfs -o ${access}${size} tmpfs ${place(mount.target, true)}`);
        break;
      }
      case 'cache': {
        const { mode, uid, gid } = mount.made ?? { mode: 0o755, uid: 0, gid: 0 };
        const source = `${cacheFolder}/${hexOf(sha256(cacheMountId(mount, undefined)))}`;
        before.push(
          `[ -d ${source} ] || { mkdir -p ${source} && chmod ${mode.toString(8)} ${source} && chown ${uid}:${gid} ${source}; }`,
        );
        const at = place(mount.target, true);
        before.push(`mount --bind ${source} ${at}`);
        if (mount.readOnly) before.push(`mount -o remount,bind,ro ${at}`);
        break;
      }
      case 'secret': {
        const { id, required, target, env, mode, uid, gid } = mount;
        const data = await environment.secret(id);
        if (data === undefined) {
          if (required) throw missing(`the secret ${id}`, `Pass it with --secret id=${id},src=FILE.`);
          if (env === undefined) break;
          files.push({ path: `${stepFolder}/secret-${i}`, data: new Uint8Array() });
          envFiles.set(env, `${stepFolder}/secret-${i}`);
          break;
        }
        const source = `${stepFolder}/secret-${i}`;
        files.push({ path: source, data });
        if (env !== undefined) envFiles.set(env, source);
        before.push(`chmod ${mode.toString(8)} ${source} && chown ${uid}:${gid} ${source}`);
        if (target !== undefined) before.push(`mount --bind ${source} ${place(target, false)}`);
        break;
      }
      case 'ssh':
        if (mount.required && !hasAgent) {
          throw missing('an SSH agent', 'Start one, and leave --machine-ssh-disable-agent-forward out.');
        }
        break;
    }
  }
  const isEmpty = files.length === 0 && before.length === 0;
  return {
    files,
    // Each place is made before what lies on it is mounted.
    before: isEmpty ? '' : before.toSorted((a, b) => Number(isMount(a)) - Number(isMount(b))).join('\n'),
    after: isEmpty
      ? ''
      : [
          ...after,
          `while read -r one; do rmdir "$one" 2>/dev/null || rm -f "$one"; done <${stepFolder}/made`,
          `umount ${stepFolder}; rmdir ${stepFolder}`,
        ].join('\n'),
    envFiles,
  };
}

function isMount(command: string): boolean {
  return command.startsWith('mount ');
}

function missing(what: string, hint: string): FirekilnError {
  return new FirekilnError('SECRET_MISSING', `the step requires ${what}, which was not given`, { hint });
}
