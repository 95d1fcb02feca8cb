/** Input for the benchmarks of the frontend, the same in every run. */

export const ignorePatterns: readonly string[] = [
  '.git',
  '.github',
  '.vscode',
  '.idea',
  '.DS_Store',
  '**/.DS_Store',
  '**/Thumbs.db',
  'node_modules',
  '**/node_modules',
  'dist',
  'build',
  'coverage',
  '**/coverage',
  '*.md',
  '!README.md',
  '**/*.log',
  '**/*.tmp',
  '**/*.swp',
  '**/*~',
  '*.tar.gz',
  'docs/**',
  '!docs/api',
  '**/__pycache__',
  '**/*.pyc',
  '**/.pytest_cache',
  '**/.venv',
  'test/fixtures/**/large',
  'src/**/*_test.go',
  '**/testdata/**',
  'packages/*/dist',
  'packages/*/lib/**/*.map',
  '!packages/core/dist',
  '**/*.[oa]',
  '**/*.so.?',
  'tmp*',
  '**/tmp-??',
  'Dockerfile*',
  '.dockerignore',
  'docker-compose*.yml',
  '**/secrets',
  '**/*.pem',
  '**/*.key',
  '!**/public.pem',
  'vendor/github.com/*/examples',
  '**/benchmarks/**/results-*.json',
  'a/b/c',
  '**/.cache/**',
  '**/Makefile.local',
  'scripts/[a-m]*',
  '**/*.class',
];

const folderNames = [
  'src',
  'lib',
  'packages',
  'core',
  'docs',
  'api',
  'test',
  'fixtures',
  'vendor',
  'github.com',
  'util',
];
const fileNames = ['index', 'main', 'README', 'data', 'x_test', 'tmp-1a', 'module', 'public', 'Makefile', 'results-1'];
const extensions = ['.ts', '.go', '.md', '.log', '.json', '.o', '.pem', '.map', '.py', ''];

/** Paths of a tree, each folder before what is in it. */
export function pathsOfTree(count: number): string[] {
  const random = randomOf(42);
  const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)] as T;
  const folders = [''];
  const paths: string[] = [];
  while (paths.length < count) {
    const folder = pick(folders);
    const isFolder = random() < 0.12 && folder.split('/').length < 8;
    const name = isFolder ? pick(folderNames) : pick(fileNames);
    const path = `${folder}${name}${paths.length % 97}${isFolder ? '' : pick(extensions)}`;
    paths.push(path);
    if (isFolder) folders.push(`${path}/`);
  }
  return paths;
}

/** A Dockerfile of 500 lines with the instructions of everyday. */
export function dockerfileOf500Lines(): string {
  const lines = ['# syntax=docker/dockerfile:1', 'ARG VERSION=3.20', 'FROM alpine:${VERSION} AS base'];
  for (let index = 0; lines.length < 480; index++) {
    lines.push(
      `ARG TOOL_${index}=1.${index}`,
      `ENV TOOL_VERSION_${index}=\${TOOL_${index}} PATH="/opt/tool-${index}/bin:$PATH" NAME${index}='a b'`,
      '# fetch it',
      `RUN --mount=type=cache,target=/var/cache/apk,sharing=locked set -eux; \\`,
      `    apk add --no-cache tool-${index}="\${TOOL_${index}:-latest}"; \\`,
      '    rm -rf /tmp/* \\',
      '    && echo done',
      `COPY --chown=1000:1000 --link src/${index}/ ./dst/\${TOOL_${index}%%.*}/`,
      `LABEL org.example.${index}="\${TOOL_${index}/./-}" other=value`,
      `WORKDIR /srv/${index}`,
      `EXPOSE 80${index % 10}0/tcp`,
      'RUN <<EOF',
      `echo "step ${index}"`,
      'EOF',
    );
    if (index % 8 === 7) lines.push(`FROM base AS stage${index}`);
  }
  while (lines.length < 499) lines.push('RUN true');
  lines.push('CMD ["/bin/tool", "--serve"]');
  return `${lines.join('\n')}\n`;
}

/** Mulberry32: numbers from 0 to 1. */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let value = Math.imul(state ^ (state >>> 15), 1 | state);
    value = (value + Math.imul(value ^ (value >>> 7), 61 | value)) ^ value;
    return ((value ^ (value >>> 14)) >>> 0) / 2 ** 32;
  };
}
