/** All that is done with the text of a Dockerfile: parsed, given its meaning, checked, planned. */
export { readDockerfile } from './instructions/read-dockerfile.ts';
export { checkDockerfile } from './lint/check-dockerfile.ts';
export { planDockerfile } from './plan/plan-dockerfile.ts';
export { parseDockerfile } from './syntax/parse-dockerfile.ts';
