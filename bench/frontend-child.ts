/** In a process of its own: a build's first and only plan, of 500 lines, in milliseconds. */
import { dockerfileOf500Lines } from './frontend-input.ts';
import { timeOfPlan } from './plan-dockerfile.ts';

console.log(JSON.stringify(await timeOfPlan(dockerfileOf500Lines())));
