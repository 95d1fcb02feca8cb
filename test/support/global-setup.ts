/** Runs once before the suites that boot VMs. */
export function setup(): void {}
