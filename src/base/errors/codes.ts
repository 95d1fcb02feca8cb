import { buildCodes } from './codes-build.ts';
import { coreCodes } from './codes-core.ts';
import { executorCodes } from './codes-executor.ts';
import { ext4Codes } from './codes-ext4.ts';
import { formatCodes } from './codes-format.ts';
import { frontendCodes } from './codes-frontend.ts';
import { guestCodes } from './codes-guest.ts';
import { imageCodes } from './codes-image.ts';
import { netCodes } from './codes-net.ts';
import { registryCodes } from './codes-registry.ts';
import { runtimeCodes } from './codes-runtime.ts';
import { setupCodes } from './codes-setup.ts';
import { sourceCodes } from './codes-source.ts';
import { storeCodes } from './codes-store.ts';
import { vmCodes } from './codes-vm.ts';

/** Every stable error code, by domain. A test holds that each is documented and raised somewhere. */
export const errorCodes = {
  ...coreCodes,
  ...formatCodes,
  ...ext4Codes,
  ...storeCodes,
  ...frontendCodes,
  ...registryCodes,
  ...sourceCodes,
  ...vmCodes,
  ...netCodes,
  ...guestCodes,
  ...imageCodes,
  ...buildCodes,
  ...executorCodes,
  ...runtimeCodes,
  ...setupCodes,
} as const;

export type ErrorCode = keyof typeof errorCodes;
