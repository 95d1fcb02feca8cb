import { stageNamePattern } from '../instructions/read-from.ts';
import type { InstructionNode } from '../syntax/tree.ts';
import { toLower, toUpper } from '../text/letter-case.ts';
import type { Linter } from './linter.ts';

/** What can be said of an instruction before its meaning is known. */
export function checkNode(node: InstructionNode, outer: Linter): void {
  const linter = outer.withComments(node.comments);
  switch (node.name) {
    case 'maintainer':
      linter.report('MaintainerDeprecated', node.range, 'Maintainer instruction is deprecated in favor of using label');
      break;
    case 'from':
      checkFrom(node, linter);
      break;
    case 'arg':
      checkDescription(node, 'ARG', argNames(node), linter);
  }
}

function checkFrom(node: InstructionNode, linter: Linter): void {
  const [, as, name] = node.args.map((arg) => arg.value);
  if (as === undefined || name === undefined) return;
  if (node.args.length === 3 && name !== toLower(name)) {
    linter.report('StageNameCasing', node.range, `Stage name '${name}' should be lowercase`);
  }
  const from = node.keyword.value;
  const expected = from === toLower(from) ? toLower(as) : from === toUpper(from) ? toUpper(as) : as;
  if (as !== expected) {
    linter.report('FromAsCasing', node.range, `'${as}' and '${from}' keywords' casing do not match`);
  }
  const isNamed = node.args.length === 3 && toLower(as) === 'as' && stageNamePattern.test(toLower(name));
  if (isNamed) checkDescription(node, 'FROM', [toLower(name)], linter);
}

/** A comment right above is taken for a description, which starts with the name of what it describes. */
function checkDescription(node: InstructionNode, instruction: string, names: readonly string[], linter: Linter): void {
  const comment = node.comments.at(-1);
  const [name] = names;
  if (comment === undefined || name === undefined || names.includes(comment.split(' ', 1)[0] ?? '')) return;
  const shown = names.length > 1 ? '<arg_key>' : name;
  linter.report(
    'InvalidDefinitionDescription',
    node.range,
    `Comment for ${instruction} should follow the format: \`# ${shown} <description>\``,
  );
}

function argNames(node: InstructionNode): string[] {
  return node.args.map((arg) => arg.value.split('=', 1)[0] ?? '');
}
