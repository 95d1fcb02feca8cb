/** Run in a process of its own by frontend.ts: how long parse and check take at their first run after start-up. */

import { readDockerfile } from '../src/frontend/instructions/read-dockerfile.ts';
import { checkDockerfile } from '../src/frontend/lint/check-dockerfile.ts';
import { parseDockerfile } from '../src/frontend/syntax/parse-dockerfile.ts';
import { dockerfileOf500Lines } from './frontend-input.ts';

const text = dockerfileOf500Lines();
const platform = { os: 'linux', architecture: 'amd64' };
const start = performance.now();
const tree = parseDockerfile({ file: 'Dockerfile', text });
const parsed = performance.now();
const dockerfile = readDockerfile(tree);
const read = performance.now();
const { warnings, error } = checkDockerfile({
  tree,
  dockerfile,
  buildArgs: new Map(),
  predefinedArgs: new Map(),
  platform,
  baseOf: () => ({ env: ['PATH=/bin'], platform }),
});
const end = performance.now();
console.log(
  JSON.stringify({
    total: end - start,
    parse: parsed - start,
    read: read - parsed,
    check: end - read,
    warnings: warnings.length,
    error: error?.message,
  }),
);
