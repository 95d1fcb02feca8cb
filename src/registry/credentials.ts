/** What a registry is shown. Never put into messages. */
export type Credentials =
  | { readonly type: 'password'; readonly username: string; readonly password: string }
  /** An OAuth2 refresh token, exchanged for access tokens. */
  | { readonly type: 'identity-token'; readonly token: string }
  /** A ready access token. */
  | { readonly type: 'access-token'; readonly token: string };

/** Finds credentials; undefined means anonymous. */
export interface CredentialSource {
  /**
   * @param host As in a reference: `docker.io`, `localhost:5000`.
   * @param path Of the repository; files of podman may name one.
   */
  find(host: string, path: string, signal?: AbortSignal): Promise<Credentials | undefined>;
}

export const anonymous: CredentialSource = { find: async () => undefined };
