const secretWords = /(?:_|^)(?:apikey|auth|credentials?|key|password|pword|passwd|secret|token)(?:_|$)/i;
const harmlessWords = /(?:_|^)(?:public|file|version)(?:_|$)/i;

/** True for names such as API_KEY and GITHUB_TOKEN, but not PUBLIC_KEY or TOKEN_FILE. */
export function looksSecret(name: string): boolean {
  return secretWords.test(name) && !harmlessWords.test(name);
}
