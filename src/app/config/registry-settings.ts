import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { FirekilnError } from '../../base/errors/firekiln-error.ts';
import { explainSystemError, systemCode } from '../../base/system-error.ts';
import type { RegistryHostSettings, RegistrySettings } from '../../registry/registry-settings.ts';
import type { Config, RegistrySection } from './config-schema.ts';

/** The registry sections with the files that they name. Throws CONFIG_INVALID for a file that can't be used. */
export async function registrySettings(config: Config): Promise<RegistrySettings> {
  const settings = new Map<string, RegistryHostSettings>();
  for (const [host, section] of config.registry ?? []) settings.set(host, await readSection(host, section));
  return settings;
}

async function readSection(host: string, section: RegistrySection): Promise<RegistryHostSettings> {
  const where = `[registry.${JSON.stringify(host)}]`;
  const { http, insecure } = section;
  const keyPairs = (section.keypair ?? []).map(async ({ cert, key }) => {
    if (cert === undefined || key === undefined) {
      throw new FirekilnError('CONFIG_INVALID', `${where}: a keypair needs both cert and key`);
    }
    return { cert: await readCertificate(cert, where), key: await readPem(key, where) };
  });
  return {
    mirrors: section.mirrors ?? [],
    ...(http === undefined ? {} : { http }),
    ...(insecure === undefined ? {} : { insecure }),
    authorities: await Promise.all((section.ca ?? []).map((path) => readCertificate(path, where))),
    keyPairs: await Promise.all(keyPairs),
  };
}

async function readPem(path: string, where: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    const code = systemCode(error);
    if (code === 'ENOENT' || code === 'EISDIR') {
      throw new FirekilnError('CONFIG_INVALID', `${where} names ${path}, which is no file`, { cause: error });
    }
    throw explainSystemError(error, `reading, for ${where},`, path);
  }
}

async function readCertificate(path: string, where: string): Promise<string> {
  const pem = await readPem(path, where);
  try {
    // Checked here, with the name of the file: OpenSSL's word for it at the first connection would name nothing.
    return new X509Certificate(pem).raw.length > 0 ? pem : '';
  } catch (error) {
    throw new FirekilnError('CONFIG_INVALID', `${where} names ${path}, which holds no PEM certificate`, {
      cause: error,
    });
  }
}
