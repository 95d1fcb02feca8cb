import { oneOf } from './common-options.ts';

const drivers = ['auto', 'qemu', 'firecracker'] as const;

/** `--driver` and `--require-kvm`, checked. */
export function driverFlags(flags: { readonly driver?: string; readonly requireKvm?: boolean }): {
  readonly driver: (typeof drivers)[number] | undefined;
  readonly requireKvm: boolean | undefined;
} {
  return {
    driver: flags.driver === undefined ? undefined : oneOf('--driver', drivers, flags.driver),
    requireKvm: flags.requireKvm,
  };
}
