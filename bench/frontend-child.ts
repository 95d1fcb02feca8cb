/** In a process of its own: a build's first and only plan, of 500 lines, in milliseconds. */
import { loadFrontend } from '../src/cli/load-frontend.ts';
import { dockerfileOf500Lines } from './frontend-input.ts';

await loadFrontend();
const { timeOfPlan } = await import('./plan-dockerfile.ts');
console.log(JSON.stringify(await timeOfPlan(dockerfileOf500Lines())));
