/** Writes the pages of docs/ that are made from the source; `--check` only compares and fails if one is out of date. */
import { readFileSync, writeFileSync } from 'node:fs';
import type { ConfigKey, ConfigKeys } from '../src/app/config/config-reader.ts';
import { configSchema } from '../src/app/config/config-schema.ts';
import { errorCodes } from '../src/base/errors/codes.ts';
import { limitsPage } from './limits-page.ts';

const profiles = [
  '## Profiles\n',
  '`firekiln build --profile NAME` and `firekiln run --profile NAME` take flags from `profiles/NAME.toml` beside',
  "config.toml, the user's before the machine's; a NAME with a slash is a path. Its keys are the long names of the",
  'flags, a list is a flag given several times, `true` a flag without a value. Flags of the command line count more.',
  'Paths are relative to the folder in which the command runs.\n',
  '```toml',
  'machine-rootfs-base = "/firekiln/rootfs"',
  'machine-ssh-user = "debian"',
  'machine-cni-network-name = "machine-builds"',
  'pre-build-command = ["apt-get update"]',
  '```\n',
];

const root = new URL('..', import.meta.url).pathname;
const pages: Record<string, string> = {
  'docs/errors.md': errorsPage(),
  'docs/configuration.md': configurationPage(),
  'docs/limits.md': limitsPage(`${root}src`),
};

const check = process.argv.includes('--check');
for (const [path, text] of Object.entries(pages)) {
  if (!check) {
    writeFileSync(root + path, text);
    continue;
  }
  if (readFileSync(root + path, 'utf8') !== text) {
    console.error(`${path} is out of date: run \`npm run docs\``);
    process.exitCode = 1;
  }
}

function errorsPage(): string {
  const rows = Object.entries(errorCodes)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([code, info]) => `### ${code}\n\n${info.meaning} ${info.wayOut}\n`);
  return [
    '# Error codes\n',
    '<!-- Made by `npm run docs` from src/base/errors; do not edit. -->\n',
    'Every error is shown as `error[CODE]: message`, with a hint where there is a way out. Codes are stable: scripts',
    'may rely on them. In JSON lines the code is the field `code`.\n',
    ...rows,
  ].join('\n');
}

function configurationPage(): string {
  const sections = Object.entries(configSchema).map(([name, key]: [string, ConfigKey<unknown>]) => {
    const fixed = key.keys ?? key.each?.keys ?? {};
    const heading = key.each === undefined ? `[${name}]` : `[${name}."HOST"]`;
    return `## ${heading}\n\n${keyList(fixed)}`;
  });
  return [
    '# config.toml\n',
    '<!-- Made by `npm run docs` from src/app/config/config-schema.ts; do not edit. -->\n',
    'Firekiln reads `/etc/firekiln/config.toml`, then `firekiln/config.toml` in `$XDG_CONFIG_HOME` (`~/.config`), which',
    'counts more, key by key. `--config FILE` is read instead of both. Flags of the command line count more than any file.',
    'An unknown key is an error that names the line and the nearest key. Paths are relative to the folder of the file.',
    'The registry sections are those of buildkitd.toml; [images.md](images.md) says where images are looked for.\n',
    '```toml',
    '[registry."docker.io"]',
    'mirrors = ["mirror.example:5000"]\n',
    '[registry."mirror.example:5000"]',
    'ca = ["company-ca.pem"]\n',
    '[sources]',
    'allow_private = false',
    '```\n',
    ...sections,
    ...profiles,
  ].join('\n');
}

function keyList(keys: ConfigKeys, prefix = ''): string {
  return Object.entries(keys)
    .map(([name, key]) => {
      const inner = key.each?.keys;
      if (inner !== undefined) return keyList(inner, `${prefix}${name}, each: `);
      const kind = key.kind.charAt(0).toUpperCase() + key.kind.slice(1);
      return `- \`${prefix}${name}\`: ${key.doc} ${kind}.\n`;
    })
    .join('');
}
