import type { Command, Option } from 'commander';
import type { TomlDocument } from '../app/config/toml-document.ts';
import { didYouMean } from '../base/nearest.ts';

/**
 * Adds `--profile NAME`: the flags that a file names, as if they had been given; those that were given count. A list is a
 * flag given several times. Unknown names are errors.
 */
export function addProfileFlag(command: Command): void {
  command.option('--profile <name>', 'take flags from profiles/NAME.toml beside config.toml (docs/configuration.md)');
  command.hook('preAction', async () => {
    const name: unknown = command.getOptionValue('profile');
    if (typeof name !== 'string') return;
    const { readProfile } = await import('../app/config/profile-file.ts');
    applyProfile(command, await readProfile(name, { env: process.env }));
  });
}

/** Throws CONFIG_INVALID at the line of the fault. */
export function applyProfile(command: Command, document: TomlDocument): void {
  const options = new Map(command.options.map((option) => [(option.long ?? '').replace(/^--/, ''), option]));
  options.delete('profile');
  for (const [name, value] of Object.entries(document.root as Record<string, unknown>)) {
    const option = options.get(name);
    if (option === undefined) {
      const known = command.options.filter((one) => !one.hidden).map((one) => (one.long ?? '').replace(/^--/, ''));
      const near = didYouMean(name, known);
      throw document.fail([name], `${command.name()} has no flag --${name}`, near);
    }
    if (command.getOptionValueSource(option.attributeName()) === 'cli') continue;
    const found = flagValue(option, value, command.getOptionValue(option.attributeName()));
    if (found === undefined) throw document.fail([name], `--${name} is ${kindOf(option)}`);
    command.setOptionValueWithSource(option.attributeName(), found.value, 'config');
  }
}

/** Undefined if the value is not of the flag's kind. */
function flagValue(option: Option, value: unknown, before: unknown): { readonly value: unknown } | undefined {
  if (isBoolean(option)) return typeof value === 'boolean' ? { value: option.negate ? !value : value } : undefined;
  const isList = Array.isArray(option.defaultValue);
  const texts = (Array.isArray(value) && isList ? value : [value]).map(textOf);
  if (texts.some((text) => text === undefined)) return undefined;
  if (!isList) return { value: texts[0] };
  return { value: [...(Array.isArray(before) ? before : []), ...texts] };
}

function textOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  return typeof value === 'number' || typeof value === 'bigint' ? String(value) : undefined;
}

function kindOf(option: Option): string {
  if (isBoolean(option)) return 'true or false here';
  return Array.isArray(option.defaultValue) ? 'a text or a list of texts here' : 'a text or a number here';
}

function isBoolean({ required, optional }: Option): boolean {
  return !required && !optional;
}
