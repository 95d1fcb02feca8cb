import type { SourceRange } from '../../base/errors/source-excerpt.ts';
import { expandInstruction } from '../instructions/expand-instruction.ts';
import { expandPorts } from '../instructions/expand-ports.ts';
import type { ArgInstruction, Instruction } from '../instructions/instruction.ts';
import { expandWord } from '../words/expand.ts';
import type { ExpandOptions } from '../words/expand-options.ts';
import { checkCopySources } from './check-copy.ts';
import type { CheckerContext } from './checker-context.ts';
import type { GlobalArgs } from './global-args.ts';
import type { Linter } from './linter.ts';
import { looksSecret } from './secret-names.ts';
import type { StageScope } from './stage-scope.ts';

/** Known to BuildKit only, and no variable of the steps. */
const builderArgs: readonly string[] = ['BUILDKIT_SBOM_SCAN_CONTEXT', 'BUILDKIT_SBOM_SCAN_STAGE'];

interface Check {
  readonly context: CheckerContext;
  readonly globalArgs: GlobalArgs;
  readonly scope: StageScope;
  readonly linter: Linter;
  readonly range: SourceRange;
}

/** Checks one instruction with what its stage knows, and takes into account what it changes. */
export function checkInstruction(
  context: CheckerContext,
  globalArgs: GlobalArgs,
  scope: StageScope,
  written: Instruction,
): void {
  const linter = context.linter.withComments(written.comments);
  const check = { context, globalArgs, scope, linter, range: written.range };
  const instruction = expandInstruction(written, {
    word: (text) => expand(check, text, context.expansion),
    body: (text) => expand(check, text, { ...context.expansion, escape: '\\', ignoreQuotes: true }),
  });
  checkExpanded(check, instruction);
}

function checkExpanded(check: Check, instruction: Instruction): void {
  const { scope, linter, range } = check;
  switch (instruction.kind) {
    case 'add':
    case 'copy':
      checkCopySources(check.context, linter, instruction);
      break;
    case 'arg':
      checkArg(check, instruction);
      break;
    case 'env':
      for (const { name, value, hasEquals } of instruction.pairs) {
        checkPairForm(check, instruction.keyword, hasEquals);
        checkSecret(check, 'ENV', name);
        scope.env.set(name, value);
        scope.imageEnv.set(name, value);
      }
      break;
    case 'label':
      for (const { hasEquals } of instruction.pairs) checkPairForm(check, instruction.keyword, hasEquals);
      break;
    case 'cmd':
    case 'entrypoint':
      checkOnce(check, instruction.kind, instruction.keyword);
      if (instruction.command.isShellForm && !scope.hasShell) {
        linter.report(
          'JSONArgsRecommended',
          range,
          `JSON arguments recommended for ${instruction.keyword} to prevent unintended behavior related to OS signals`,
        );
      }
      break;
    case 'healthcheck':
      checkOnce(check, 'healthcheck', instruction.keyword);
      break;
    case 'expose':
      checkPorts(check, expandPorts(instruction, scope.variables, check.context.expansion));
      break;
    case 'workdir':
      if (!scope.hasWorkdir && !instruction.path.startsWith('/')) {
        const shown = JSON.stringify(instruction.path);
        linter.report(
          'WorkdirRelativePath',
          range,
          `Relative workdir ${shown} can have unexpected results if the base image changes`,
        );
      }
      scope.hasWorkdir = true;
      break;
    case 'shell':
      scope.hasShell = instruction.shell.length > 0;
      break;
    case 'onbuild':
      scope.triggers.push(instruction.expression);
      break;
    case 'run':
    case 'maintainer':
    case 'stopsignal':
    case 'user':
    case 'volume':
      break;
  }
}

function expand(check: Check, text: string, options: ExpandOptions): string {
  const { text: result, unmatched } = expandWord(text, check.scope.variables, options);
  reportUndefined(check, unmatched);
  return result;
}

function reportUndefined({ context, scope, linter, range }: Check, unmatched: Iterable<string>): void {
  if (scope.isOpen) return;
  for (const name of unmatched) {
    if (scope.declared.has(name) || builderArgs.includes(name)) continue;
    const near = context.suggestions.nearest(name, scope.env);
    linter.report(
      'UndefinedVar',
      range,
      `Usage of undefined variable '$${name}'${near === undefined ? '' : ` (did you mean $${near}?)`}`,
    );
  }
}

/** A build argument wins over the default; without either the value of the global argument counts. */
function checkArg(check: Check, { args }: ArgInstruction): void {
  const { context, globalArgs, scope } = check;
  for (const { name, value } of args) {
    checkSecret(check, 'ARG', name);
    const given = context.request.buildArgs.get(name);
    const result =
      given ?? (value === undefined ? globalArgs.values.get(name) : expand(check, value, context.expansion));
    if (result !== undefined && !builderArgs.includes(name)) scope.env.set(name, result);
    scope.declared.add(name);
  }
}

function checkPairForm({ linter, range }: Check, keyword: string, hasEquals: boolean): void {
  if (hasEquals) return;
  linter.report(
    'LegacyKeyValueFormat',
    range,
    `"${keyword} key=value" should be used instead of legacy "${keyword} key value" format`,
  );
}

function checkSecret({ linter, range }: Check, instruction: 'ARG' | 'ENV', name: string): void {
  if (!looksSecret(name)) return;
  linter.report(
    'SecretsUsedInArgOrEnv',
    range,
    `Do not use ARG or ENV instructions for sensitive data (${instruction} ${JSON.stringify(name)})`,
  );
}

/** The one that is blamed is the one that goes unused. */
function checkOnce({ scope, linter, range }: Check, kind: 'cmd' | 'entrypoint' | 'healthcheck', keyword: string): void {
  const earlier = scope.lastOf.get(kind);
  if (earlier !== undefined) {
    linter.report(
      'MultipleInstructionsDisallowed',
      earlier,
      `Multiple ${keyword} instructions should not be used in the same stage because only the last one will be used`,
    );
  }
  scope.lastOf.set(kind, range);
}

function checkPorts({ linter, range }: Check, ports: ReturnType<typeof expandPorts>): void {
  for (const { word, spec } of ports) {
    if (spec.protocol !== spec.protocol.toLowerCase()) {
      linter.report('ExposeProtoCasing', range, `Defined protocol '${word}' in EXPOSE instruction should be lowercase`);
    }
    if (spec.namesHost) {
      linter.report(
        'ExposeInvalidFormat',
        range,
        `EXPOSE instruction should not define an IP address or host-port mapping, found '${word}'`,
      );
    }
  }
}
