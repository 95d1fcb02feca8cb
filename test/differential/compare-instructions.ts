import type { Dockerfile } from '../../src/frontend/instructions/dockerfile.ts';
import { expandInstruction } from '../../src/frontend/instructions/expand-instruction.ts';
import type { ArgInstruction, Instruction } from '../../src/frontend/instructions/instruction.ts';
import type { Mount } from '../../src/frontend/instructions/mount.ts';
import { readDockerfile } from '../../src/frontend/instructions/read-dockerfile.ts';
import { parseDockerfile } from '../../src/frontend/syntax/parse-dockerfile.ts';
import type { EscapeCharacter } from '../../src/frontend/syntax/tree.ts';
import { expandWord } from '../../src/frontend/words/expand.ts';
import { variablesFromEnv } from '../../src/frontend/words/variables.ts';
import { blamedBy, type Difference, differenceOf, type GoFailure, outcomeOf } from './compare-parse.ts';
import type { Oracle } from './oracle.ts';

type Json = Readonly<Record<string, unknown>>;

interface GoCommand {
  readonly kind: string;
  readonly value: Json | null;
  readonly mounts?: readonly Json[] | null;
  readonly network?: string;
  readonly security?: string;
  readonly devices?: readonly Json[] | null;
  readonly failure?: GoFailure;
}

interface GoInstructions {
  readonly panic?: string;
  readonly failure?: GoFailure;
  readonly stages?: readonly { stage: Json; commands: readonly GoCommand[] }[] | null;
  readonly args?: readonly Json[] | null;
}

/** Compares what the instructions mean; with `env`, after expansion. */
export async function compareInstructions(
  oracle: Oracle,
  text: string,
  env?: readonly string[],
): Promise<Difference | undefined> {
  const reply = await oracle.ask<GoInstructions>({ op: 'instructions', text, env });
  if (reply.panic !== undefined) return { ours: 'no panic', theirs: reply.panic };
  const theirs = reply.failure === undefined ? normalizeGo(reply) : { failure: blamedBy(reply.failure) };
  const ours = outcomeOf(() => normalizeOurs(readDockerfile(parseDockerfile({ file: 'Dockerfile', text })), env));
  return differenceOf(ours, theirs);
}

function normalizeGo({ stages, args }: GoInstructions) {
  return {
    stages: (stages ?? []).map(({ stage, commands }) => ({
      name: stage.Name,
      base: stage.BaseName,
      platform: stage.Platform,
      description: stage.DocComment,
      keyword: stage.OrigCmd,
      text: stage.SourceCode,
      commands: commands.map((command) =>
        command.failure === undefined
          ? sorted({ kind: command.kind, ...fieldsOf(command) })
          : { kind: command.kind, failure: true },
      ),
    })),
    args: (args ?? []).map((arg) => sorted({ Args: arg.Args })),
  };
}

function fieldsOf({ kind, value, mounts, network, security, devices }: GoCommand): Json {
  const { FlagsUsed: _, ...fields } = value ?? {};
  // MaintainerCommand and the like are flat; only RUN has more than its fields.
  return kind === 'run' ? { ...fields, mounts, network, security, devices } : fields;
}

function normalizeOurs({ tree, stages, metaArgs }: Dockerfile, env: readonly string[] | undefined) {
  const escapeSign = tree.escape;
  return {
    stages: stages.map((stage) => ({
      name: stage.name ?? '',
      base: stage.base,
      platform: stage.platform ?? '',
      description: stage.description ?? '',
      keyword: stage.keyword,
      text: stage.text,
      commands: stage.instructions.map((instruction) => normalizeOne(instruction, escapeSign, env)),
    })),
    args: metaArgs.map((arg) => sorted(argFields(arg))),
  };
}

function normalizeOne(
  instruction: Instruction,
  escapeSign: EscapeCharacter,
  env: readonly string[] | undefined,
): unknown {
  const outcome = outcomeOf(() => expanded(instruction, escapeSign, env));
  return 'failure' in outcome
    ? { kind: instruction.kind, failure: true }
    : sorted({ kind: instruction.kind, ...goFields(outcome, env !== undefined) });
}

function expanded(
  instruction: Instruction,
  escapeSign: EscapeCharacter,
  env: readonly string[] | undefined,
): Instruction {
  if (env === undefined) return instruction;
  const variables = variablesFromEnv(env);
  // BuildKit's Expand of ARG, which its builds never call, is part of the comparison too.
  const word = (text: string): string => expandWord(text, variables, { escape: escapeSign }).text;
  if (instruction.kind === 'arg') {
    const args = instruction.args.map((arg) => ({
      ...arg,
      name: word(arg.name),
      value: arg.value === undefined ? undefined : word(arg.value),
    }));
    return { ...instruction, args };
  }
  return expandInstruction(instruction, {
    word,
    body: (text) => expandWord(text, variables, { escape: '\\', ignoreQuotes: true }).text,
  });
}

function goFields(it: Instruction, isExpanded: boolean): Json {
  switch (it.kind) {
    case 'add':
      return {
        ...copyFields(it),
        KeepGitDir: it.keepGitDir ?? null,
        Checksum: it.checksum ?? '',
        Unpack: it.unpack ?? null,
      };
    case 'copy':
      return { ...copyFields(it), From: it.from ?? '', Parents: it.parents };
    case 'arg':
      return argFields(it);
    case 'cmd':
      return { CmdLine: it.command.words, Files: null, PrependShell: it.command.isShellForm };
    case 'entrypoint': {
      const words = it.command.words.length === 0 ? null : it.command.words;
      return { CmdLine: words, Files: null, PrependShell: it.command.isShellForm };
    }
    case 'env':
      return { Env: pairs(it) };
    case 'label':
      return { Labels: pairs(it) };
    case 'expose':
      return { Ports: it.ports };
    case 'healthcheck': {
      const { Test, Interval, Timeout, StartPeriod, StartInterval, Retries } = it.healthcheck;
      const present = { Interval, Timeout, StartPeriod, StartInterval, Retries };
      return { Health: { Test, ...Object.fromEntries(Object.entries(present).filter(([, value]) => value)) } };
    }
    case 'maintainer':
      return { Maintainer: it.maintainer };
    case 'onbuild':
      return { Expression: it.expression };
    case 'run':
      return {
        CmdLine: it.command.words,
        Files: listOrNull(it.files.map((file) => ({ Name: file.name, Data: file.data, Chomp: file.chomp }))),
        PrependShell: it.command.isShellForm,
        mounts: isExpanded ? it.mounts.map(goMount) : it.mountFlags.map((flag) => unresolvedMount(flag.from)),
        network: it.network,
        security: it.security,
        devices: it.devices.map((device) => ({ Name: device.name, Required: device.required })),
      };
    case 'shell':
      return { Shell: it.shell };
    case 'stopsignal':
      return { Signal: it.signal };
    case 'user':
      return { User: it.user };
    case 'volume':
      return { Volumes: it.paths };
    case 'workdir':
      return { Path: it.path };
  }
}

function copyFields(it: Extract<Instruction, { kind: 'add' | 'copy' }>): Json {
  return {
    DestPath: it.destination,
    SourcePaths: listOrNull(it.sources),
    SourceContents: listOrNull(
      it.inlineSources.map(({ name, data, expand }) => ({ Path: name, Data: data, Expand: expand })),
    ),
    Chown: it.chown ?? '',
    Chmod: it.chmod ?? '',
    Link: it.link,
    ExcludePatterns: listOrNull(it.exclude),
  };
}

function argFields({ args }: ArgInstruction): Json {
  return {
    Args: args.map((arg) => ({ Key: arg.name, Value: arg.value ?? null, DocComment: arg.description ?? '' })),
  };
}

function pairs(it: Extract<Instruction, { kind: 'env' | 'label' }>): unknown {
  return it.pairs.map((pair) => ({ Key: pair.name, Value: pair.value, NoDelim: !pair.hasEquals }));
}

function goMount(mount: Mount): Json {
  return {
    Type: mount.type,
    From: mount.from ?? '',
    Source: mount.source ?? '',
    Target: mount.target ?? '',
    ReadOnly: mount.readOnly,
    SizeLimit: mount.size ?? 0,
    CacheID: mount.id ?? '',
    CacheSharing: mount.sharing ?? '',
    Required: mount.required,
    Env: mount.env ?? null,
    Mode: mount.mode ?? null,
    UID: mount.uid ?? null,
    GID: mount.gid ?? null,
  };
}

function unresolvedMount(from: string | undefined): Json {
  return goMount({
    type: 'bind',
    from,
    source: undefined,
    target: undefined,
    readOnly: true,
    size: undefined,
    id: undefined,
    sharing: undefined,
    required: false,
    env: undefined,
    mode: undefined,
    uid: undefined,
    gid: undefined,
  });
}

function listOrNull(list: readonly unknown[]): readonly unknown[] | null {
  return list.length === 0 ? null : list;
}

/** Keys in order, so that JSON texts compare. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, inner]) => [key, sorted(inner)]),
  );
}
