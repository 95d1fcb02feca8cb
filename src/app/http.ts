import { createHttpClient, type HttpClient } from '../http/http-client.ts';
import { proxyFromEnvironment } from '../http/proxy-settings.ts';
import { namedHosts, tlsSettingsOf } from '../registry/endpoint.ts';
import type { RegistrySettings } from '../registry/registry-settings.ts';
import type { App } from './app.ts';
import { registrySettings } from './config/registry-settings.ts';

/** The registries of the configuration. */
export async function openRegistrySettings(app: App): Promise<RegistrySettings> {
  return await app.part('registry settings', async () => await registrySettings(await app.config()));
}

/** The client for everything that is fetched over HTTP, with the address policy and TLS settings of the configuration. */
export async function openHttp(app: App): Promise<HttpClient> {
  return await app.part('http', async () => {
    const config = await app.config();
    const settings = await openRegistrySettings(app);
    return createHttpClient({
      policy: { allowPrivate: config.sources?.allow_private ?? true, trustedHosts: namedHosts(settings) },
      proxyFor: proxyFromEnvironment(process.env),
      tlsFor: tlsSettingsOf(settings),
      userAgent: 'firekiln',
    });
  });
}
